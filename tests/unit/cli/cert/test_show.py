"""`stack cert show` and `cert check`: the certificates, and what the ports serve."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from stack.certs import store
from stack.system import endpoints
from stack.system.project import Project
from tests.support.certs.authority import DAY, HOST, rsa_key, server
from tests.support.certs.bundles import MIDDLE, ROOT, TODAY, bundle, bundled, put
from tests.support.network.mail_ports import all_ports, always, as_configured, closed
from tests.support.project import prepared

VALID = {"begin": TODAY - DAY, "end": TODAY + 90 * DAY}
RIGHT = bundle(HOST, "a.example")

pytestmark = pytest.mark.usefixtures("answered")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project after `stack init`, with the real templates."""
    return prepared.project(tmp_path)


def shown(project: Project) -> store.Stored:
    """Return the certificate that `stack init` has made."""
    return store.load(project.tls)[HOST]


# --- show ---


def test_show_prints_one_line_for_each_certificate(stack, project):
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


def test_show_json_has_all_details(stack, project):
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


def test_show_without_certificates_prints_nothing(stack, project):
    """An empty list, for people and for programs."""
    (project.tls / "mail.example.org.pem").unlink()

    assert stack("cert", "show").output == ""
    assert json.loads(stack("cert", "show", "--json").stdout) == []


def test_check_reports_a_damaged_file(stack, project, found, health):
    """The file is named, and the others are checked all the same."""
    (project.tls / "a.example.pem").write_text("half")

    with all_ports(as_configured(project)) as found[:]:
        shown, checked, status = (
            stack(*words) for words in (["cert", "show"], ["cert", "check"], ["status"])
        )

    assert (shown.exit_code, checked.exit_code, status.exit_code) == (3, 1, 1)
    words = "var/tls/a.example.pem: is not a key with its certificate"
    assert words in shown.stderr
    assert words in checked.stderr
    assert checked.stdout.count("  ok\n") == 10
    (row,) = [line for line in status.stdout.splitlines() if line.endswith("  !")]
    assert row.split()[:4] == ["certificate", "var/tls/a.example.pem", "is", "not"]


@pytest.mark.parametrize("name", [HOST, "a.example"])
def test_check_reports_a_missing_file(stack, project, found, health, name):
    """Ours in any case, and any other that the configuration in use names."""
    put(project.tls, a__example=bundle("a.example"))
    assert stack("init").exit_code == 0
    (project.tls / f"{name}.pem").rename(project.root / "away.pem")

    with all_ports(always(RIGHT)) as found[:]:
        done, as_json = stack("cert", "check"), stack("cert", "check", "--json")

    assert (done.exit_code, as_json.exit_code) == (1, 1)
    assert f"var/tls/{name}.pem: is missing, and the configuration" in done.stderr
    assert list(json.loads(as_json.stdout)["files"]) == [f"var/tls/{name}.pem"]
    assert stack("status").exit_code == 1


FLAWED = {
    "expired": (bundle(begin=TODAY - 9 * DAY, end=TODAY - DAY), "ended on"),
    "not valid yet": (bundle(begin=TODAY + DAY), "begins on"),
    "for another host": (bundle("www.example.net"), f"not for {HOST}"),
    "of a short key": (bundle(key=rsa_key(1024)), "1024 bits"),
    "out of order": (bundled(server(MIDDLE, **VALID), ROOT), "which it did not issue"),
}


@pytest.mark.parametrize("case", FLAWED)
def test_check_reports_a_file_that_clients_refuse(stack, project, found, case):
    """The file is named, although every port serves it."""
    flawed, words = FLAWED[case]
    put(project.tls, mail__example__org=flawed)

    with all_ports(as_configured(project)) as found[:]:
        done = stack("cert", "check")

    assert done.exit_code == 1
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("var/tls/")]
    assert line.startswith(f"var/tls/{HOST}.pem: ")
    assert words in line


def test_check_names_the_file_that_no_port_serves(stack, project, found):
    """The file is valid, but a container has refused it for a reason unknown here."""
    with all_ports(always(RIGHT)) as found[:]:
        done = stack("cert", "check")

    assert done.exit_code == 1
    assert (
        f"var/tls/{HOST}.pem: is not what the ports marked above serve" in done.stderr
    )


# --- check ---


def test_check_without_problems_exits_0(stack, project, found):
    """A line for each port, each address and each question; exit 0."""
    with all_ports(as_configured(project), "127.0.0.1", "::1") as found[:]:
        done = stack("cert", "check")

    lines = [line.split() for line in done.stdout.splitlines()]
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(lines) == 20
    assert {line[-1] for line in lines} == {"ok"}
    assert lines[0][:5] == ["port", "25", f"(127.0.0.1:{found[0].at})", "(no", "name)"]
    assert f"port 993 ([::1]:{found[-1].at})" in done.stdout


def test_check_json_has_each_port(stack, project, found):
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


def test_check_fails_for_a_wrong_certificate_on_one_port(stack, project, found):
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


def test_check_json_has_no_fingerprint_for_a_silent_port(stack, project, found):
    """The port is published, but no daemon answers."""
    found.append(closed(25))

    told = json.loads(stack("cert", "check", "--json").stdout)

    assert {p["sha256"] for p in told["ports"]} == {None}
    assert {p["problem"] for p in told["ports"]} == {
        "does not serve it: Connection refused"
    }


def test_check_reports_a_missing_port(stack, project, found):
    """The server isn't running, or one service of it isn't."""
    with all_ports(as_configured(project)) as ports:
        found += [each for each in ports if each.port != 143]
        plain, as_json = stack("cert", "check"), stack("cert", "check", "--json")

    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert plain.stderr == ("Port 143 is nowhere to be found: is the server running?\n")
    assert json.loads(as_json.stdout)["not_found"] == [143]


def test_check_reports_a_certificate_that_nobody_renews(stack, project, found):
    """Although every port serves it; what is needed is said."""
    put(project.tls, mail__example__org=bundle(end=TODAY + 10 * DAY))

    with all_ports(as_configured(project)) as found[:]:
        plain, as_json = stack("cert", "check"), stack("cert", "check", "--json")

    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert plain.stderr.startswith(f"{HOST}: ends in 9 days and nobody renews it: ")
    (told,) = json.loads(as_json.stdout)["certificates"]
    assert (told["problem"], told["urgent"]) == (True, True)
