"""`stack cert show`, `cert check` and `stack status`: what there is and is served."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from stack import endpoints, listings
from stack.certs import store
from stack.project import Project
from tests.unit import prepared
from tests.unit.current import TODAY, bundle, put
from tests.unit.issuing import DAY, HOST
from tests.unit.mailports import all_ports, always, as_configured, closed


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project after `stack init`, with the real templates."""
    return prepared.project(tmp_path)


@pytest.fixture
def found(monkeypatch) -> list[endpoints.Endpoint]:
    """Where the mail ports are, to be filled: nowhere at first."""
    places: list[endpoints.Endpoint] = []
    monkeypatch.setattr(endpoints, "find", lambda _: places)
    return places


@pytest.fixture(autouse=True)
def answered(monkeypatch) -> list[tuple[str, str]]:
    """What the block lists answer, to be filled; nobody is asked."""
    states: list[tuple[str, str]] = []
    monkeypatch.setattr(listings, "states", lambda *_: states)
    return states


@pytest.fixture
def health(monkeypatch) -> list[tuple[str, str]]:
    """How Docker finds the containers, to be filled: there are none at first."""
    states: list[tuple[str, str]] = []
    monkeypatch.setattr(endpoints, "health", lambda _: states)
    monkeypatch.setattr(endpoints, "containers", lambda _: [])
    return states


def shown(project: Project) -> store.Stored:
    """Return the certificate that `stack init` has made."""
    return store.load(project.tls)[HOST]


# --- show ---


def test_each_certificate_is_shown_in_a_line(stack, project):
    """For whom, of what kind, by whom, until when, and its fingerprint."""
    put(project.tls, a__example=bundle("a.example", "*.a.example"))
    other = store.load(project.tls)["a.example"].main

    done = stack("cert", "show")

    end = f"{other.not_after:%Y-%m-%d %H:%M} UTC"
    first, second = done.stdout.splitlines()
    assert done.exit_code == 0
    assert " ".join(first.split()) == (
        f"a.example, *.a.example ECDSA P-256 by Middle until {end} {other.fingerprint}"
    )
    assert second.split()[:5] == [HOST, "ECDSA", "P-256", "by", "itself"]
    assert "PRIVATE" not in done.output


def test_programs_are_told_more(stack, project):
    """With the file, the record to publish, and where the next one comes from."""
    put(project.tls, mail__example__org__rsa=bundle(rsa=True))

    rows = json.loads(stack("cert", "show", "--json").stdout)

    main, beside = store.load(project.tls)[HOST].bundles.values()
    assert rows[0] == {
        "name": HOST,
        "file": "var/tls/mail.example.org.pem",
        "hosts": [HOST],
        "key": "ECDSA P-256",
        "issuer": "itself",
        "not_after": main.not_after.isoformat(),
        "sha256": main.fingerprint,
        "tlsa": f"3 1 1 {main.key_digest}",
        "comes_from": None,
        "remark": "",
    }
    assert rows[1]["file"] == "var/tls/mail.example.org.rsa.pem"
    assert (rows[1]["key"], rows[1]["sha256"]) == ("RSA 2048", beside.fingerprint)
    assert datetime.fromisoformat(rows[0]["not_after"]).utcoffset() is not None


def test_before_the_first_init_there_is_nothing_to_show(stack, project):
    """An empty list, for people and for programs."""
    (project.tls / "mail.example.org.pem").unlink()

    assert stack("cert", "show").output == ""
    assert json.loads(stack("cert", "show", "--json").stdout) == []


def test_a_damaged_certificate_is_told(stack, project, found, health):
    """By its file, as one of the environment's errors."""
    (project.tls / "a.example.pem").write_text("half")

    for command in (["cert", "show"], ["cert", "check"]):
        done = stack(*command)
        assert (done.exit_code, done.stdout) == (3, "")
        assert "a.example.pem: is not a key with its certificate" in done.stderr


# --- check ---


def test_where_all_is_well_it_says_so(stack, project, found):
    """A line for each port, each address and each question; exit 0."""
    with all_ports(as_configured(project), "127.0.0.1", "::1") as found[:]:
        done = stack("cert", "check")

    lines = [line.split() for line in done.stdout.splitlines()]
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(lines) == 20
    assert {line[-1] for line in lines} == {"ok"}
    assert lines[0][:5] == ["port", "25", f"(127.0.0.1:{found[0].at})", "(no", "name)"]
    assert f"port 993 ([::1]:{found[-1].at})" in done.stdout


def test_programs_are_told_what_each_port_serves(stack, project, found):
    """On IPv4 and on IPv6, with the fingerprint that was seen."""
    with all_ports(as_configured(project), "127.0.0.1", "::1") as found[:]:
        done = stack("cert", "check", "--json")

    told = json.loads(done.stdout)
    seen = shown(project).main
    assert done.exit_code == 0
    assert told["not_found"] == []
    assert {(p["port"], p["family"]) for p in told["ports"]} == {
        (port, family) for port in endpoints.SERVICES for family in ("IPv4", "IPv6")
    }
    assert {p["address"] for p in told["ports"]} == {"127.0.0.1", "::1"}
    assert told["ports"][0] == {
        "port": 25,
        "address": "127.0.0.1",
        "family": "IPv4",
        "host": None,
        "key": "ECDSA P-256",
        "sha256": seen.fingerprint,
        "problem": None,
    }
    assert told["certificates"] == [
        {
            "name": HOST,
            "not_after": seen.not_after.isoformat(),
            "comes_from": None,
            "remark": None,
            "problem": False,
            "urgent": False,
        }
    ]


def test_another_certificate_on_one_port_is_no_success(stack, project, found):
    """The line of that port says what it is; the others are well."""
    other = bundle("www.example.net")
    with (
        all_ports(as_configured(project)) as well,
        all_ports(always(other)) as badly,
    ):
        found += [each for each in well if each.port != 587]
        found += [each for each in badly if each.port == 587]
        plain, as_json = stack("cert", "check"), stack("cert", "check", "--json")

    wrong = [line for line in plain.stdout.splitlines() if not line.endswith("  ok")]
    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert all(line.startswith("port 587 (") for line in wrong)
    assert "serves another certificate, for www.example.net, valid until" in wrong[0]
    ports = json.loads(as_json.stdout)["ports"]
    assert {p["port"] for p in ports if p["problem"]} == {587}
    assert {p["sha256"] for p in ports if p["problem"]} == {other.fingerprint}


def test_a_port_that_serves_nothing_has_no_fingerprint(stack, project, found):
    """It is published, and nobody is there."""
    found.append(closed(25))

    told = json.loads(stack("cert", "check", "--json").stdout)

    assert {p["sha256"] for p in told["ports"]} == {None}
    assert {p["problem"] for p in told["ports"]} == {
        "does not serve it: Connection refused"
    }


def test_a_port_that_is_nowhere_is_told(stack, project, found):
    """The server isn't running, or one service of it isn't."""
    with all_ports(as_configured(project)) as ports:
        found += [each for each in ports if each.port != 143]
        plain, as_json = stack("cert", "check"), stack("cert", "check", "--json")

    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert plain.stderr == ("Port 143 is nowhere to be found: is the server running?\n")
    assert json.loads(as_json.stdout)["not_found"] == [143]


def test_a_certificate_that_nobody_renews_is_told_in_time(stack, project, found):
    """Although every port serves it; what is needed is said."""
    put(project.tls, mail__example__org=bundle(end=TODAY + 10 * DAY))

    with all_ports(as_configured(project)) as found[:]:
        plain, as_json = stack("cert", "check"), stack("cert", "check", "--json")

    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert plain.stderr.startswith(f"{HOST}: ends in 9 days and nobody renews it: ")
    (told,) = json.loads(as_json.stdout)["certificates"]
    assert (told["problem"], told["urgent"]) == (True, True)


# --- status ---


def test_a_server_that_is_well_has_no_mark(stack, project, found, health):
    """Containers, ports and certificates, each in a line; exit 0."""
    health += [("dovecot", "healthy"), ("mine", "running"), ("postfix", "healthy")]

    with all_ports(as_configured(project)) as found[:]:
        done = stack("status")

    lines = [line.split() for line in done.stdout.splitlines()]
    assert (done.exit_code, done.stderr) == (0, "")
    assert lines[:3] == [["container", *each] for each in health]
    ports = [f"{each.port} (127.0.0.1:{each.at})" for each in found]
    assert sorted(lines[3:8]) == sorted(
        ["port", *port.split(), "answers"] for port in ports
    )
    assert lines[8][:4] == ["certificate", HOST, "ends", "on"]
    assert "!" not in done.stdout


@pytest.mark.parametrize("state", ["unhealthy", "starting", "exited", "restarting"])
def test_what_is_not_well_is_marked(stack, project, found, health, state):
    """A container, a port that is nowhere, one that is silent; exit 1."""
    health += [("dovecot", state), ("postfix", "healthy")]

    with all_ports(as_configured(project)) as ports:
        found += [closed(25), *(each for each in ports if each.port in (465, 993))]
        plain, as_json = stack("status"), stack("status", "--json")

    rows = json.loads(as_json.stdout)
    bad = [(row["kind"], row["name"], row["state"]) for row in rows if not row["ok"]]
    marked = [line for line in plain.stdout.splitlines() if line.endswith("  !")]
    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert bad == [
        ("container", "dovecot", state),
        ("port", "587", "not running"),
        ("port", "143", "not running"),
        ("port", f"25 (127.0.0.1:{found[0].at})", "does not answer"),
    ]
    assert [line.split()[1] for line in marked] == ["dovecot", "587", "143", "25"]


def test_a_certificate_in_trouble_is_marked(stack, project, found, health):
    """With the words that `stack cert check` has."""
    put(project.tls, a__example=bundle("a.example", end=TODAY - DAY))

    with all_ports(as_configured(project)) as found[:]:
        done = stack("status", "--json")

    (row,) = [row for row in json.loads(done.stdout) if not row["ok"]]
    assert done.exit_code == 1
    assert (row["kind"], row["name"]) == ("certificate", "a.example")
    assert "expired on" in row["state"]


def test_a_block_list_that_refuses_us_is_marked(
    stack, project, found, health, answered
):
    """And one that answers isn't."""
    answered += [("a.example", listings.ANSWERS), ("b.example", listings.REFUSES)]

    with all_ports(as_configured(project)) as found[:]:
        done = stack("status", "--json")

    rows = [row for row in json.loads(done.stdout) if row["kind"] == "list"]
    assert done.exit_code == 1
    assert [(row["kind"], row["name"], row["ok"]) for row in rows] == [
        ("list", "a.example", True),
        ("list", "b.example", False),
    ]
    assert "public resolver" in rows[1]["state"]
