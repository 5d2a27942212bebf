"""`stack status`: how all is, at a glance."""

import json
from pathlib import Path
from threading import Barrier, Event

import pytest

from stack.cli.server import overview
from stack.dns.resolver import dnsbl_status, reverse
from stack.system import endpoints
from stack.system.project import Project
from tests.support.certs.authority import DAY, HOST
from tests.support.certs.bundles import TODAY, bundle, put
from tests.support.network.mail_ports import all_ports, always, as_configured, closed
from tests.support.project import prepared

pytestmark = pytest.mark.usefixtures("answered")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project after `stack init`, with the real templates."""
    return prepared.project(tmp_path)


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

    bad = [row for row in json.loads(done.stdout) if not row["ok"]]
    assert done.exit_code == 1
    assert {row["kind"] for row in bad} == {"certificate"}
    assert [row["name"] for row in bad] == ["a.example", "var/tls/a.example.pem"]
    assert "expired on" in bad[0]["state"]


def test_a_block_list_that_refuses_us_is_marked(
    stack, project, found, health, answered
):
    """And one that answers isn't."""
    answered += [
        ("a.example", dnsbl_status.ANSWERS),
        ("b.example", dnsbl_status.REFUSES),
    ]

    with all_ports(as_configured(project)) as found[:]:
        done = stack("status", "--json")

    rows = [row for row in json.loads(done.stdout) if row["kind"] == "list"]
    assert done.exit_code == 1
    assert [(row["kind"], row["name"], row["ok"]) for row in rows] == [
        ("list", "a.example", True),
        ("list", "b.example", False),
    ]
    assert "public resolver" in rows[1]["state"]


@pytest.mark.parametrize("words", dnsbl_status.TRANSIENT)
def test_a_block_list_that_is_silent_is_a_warning(
    stack, project, found, health, answered, words
):
    """Mail is judged without it: that is marked, and no reason for exit 1."""
    answered += [("a.example", words)]

    with all_ports(as_configured(project)) as found[:]:
        plain, as_json = stack("status"), stack("status", "--json")

    assert (plain.exit_code, as_json.exit_code) == (0, 0)
    (row,) = [row for row in json.loads(as_json.stdout) if row["kind"] == "list"]
    assert (row["level"], row["ok"]) == ("warn", False)
    (line,) = [line for line in plain.stdout.splitlines() if line.endswith("  (!)")]
    assert line.split()[:2] == ["list", "a.example"]


def test_lists_that_cannot_be_asked_in_time_are_a_warning(
    stack, project, found, health, monkeypatch
):
    """Docker is slow, say, through which they are asked: that is no fault of theirs."""
    hung = Event()
    monkeypatch.setattr(overview, "DEADLINE", 1.0)
    monkeypatch.setattr(dnsbl_status, "statuses", lambda *_: hung.wait() or [])

    with all_ports(as_configured(project)) as found[:]:
        done = stack("status", "--json")
    hung.set()

    (row,) = [row for row in json.loads(done.stdout) if row["kind"] == "list"]
    assert (row["name"], row["level"]) == ("zen.spamhaus.org", "warn")


def test_settings_that_are_wrong_hide_nothing_else(stack, project, found, health):
    """What containers and ports do is told all the same."""
    health += [("postfix", "healthy")]
    project.env.write_text("MAIL_DOMAIN=example.org\n")

    with all_ports(always(bundle(HOST))) as found[:]:
        done = stack("status", "--json")

    rows = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [row["kind"] for row in rows if row["level"] == "fail"] == ["settings"]
    assert [row["kind"] for row in rows].count("port") == 5


def test_all_is_looked_at_at_the_same_time(stack, project, found, health, monkeypatch):
    """Each look goes on only when all the others have begun: none waits for another."""
    everybody = Barrier(3, timeout=30)

    def together(value):
        def look(*_):
            everybody.wait()
            return value

        return look

    with all_ports(as_configured(project)) as ports:
        monkeypatch.setattr(overview, "DEADLINE", 60)
        monkeypatch.setattr(endpoints, "health", together([]))
        monkeypatch.setattr(endpoints, "find", together(ports))
        lists = [("a.example", dnsbl_status.ANSWERS)]
        monkeypatch.setattr(dnsbl_status, "statuses", together(lists))
        done = stack("status")

    assert done.exit_code == 0


def test_what_hangs_is_given_up(stack, project, found, health, monkeypatch):
    """The engine doesn't answer, say: the others are told in time."""
    hung = Event()
    monkeypatch.setattr(overview, "DEADLINE", 0.5)
    monkeypatch.setattr(endpoints, "health", lambda _: hung.wait() or [])

    with all_ports(as_configured(project)) as found[:]:
        done = stack("status", "--json")
    hung.set()

    rows = json.loads(done.stdout)
    assert done.exit_code == 1
    (bad,) = [row for row in rows if row["level"] == "fail"]
    assert (bad["kind"], bad["state"]) == ("container", "not known within 0.5 s")


def test_a_lost_env_is_told(stack, project, health):
    """With what makes one."""
    project.env.unlink()

    done = stack("status", "--json")

    (row,) = [row for row in json.loads(done.stdout) if row["kind"] == "settings"]
    assert done.exit_code == 1
    assert "is missing: run `stack init`" in row["state"]


def test_without_an_engine_it_says_so(stack, project, health, monkeypatch):
    """And what is known without: the certificates."""
    monkeypatch.setattr(endpoints, "containers", lambda _: None)
    monkeypatch.setattr(endpoints, "_addresses", nowhere)

    done = stack("status", "--json")

    rows = json.loads(done.stdout)
    bad = [row for row in rows if not row["ok"]]
    assert done.exit_code == 1
    assert [row["kind"] for row in bad] == ["engine", "port"]
    assert "doesn't answer: start it" in bad[0]["state"]
    assert HOST in [row["name"] for row in rows if row["kind"] == "certificate"]


def nowhere(service: str, port: int) -> list[object]:
    """Raise what a machine does that knows no such name."""
    raise endpoints.UnableError("from here the mail ports can't be found")


IPV6_ROWS = [
    ("", "ok", "closed: nobody has looked whether clients keep their addresses"),
    ("IPV6=no", "ok", "closed: IPV6=no in .env"),
    ("IPV6=yes", "ok", "open on ::"),
    ("IPV6_SEEN=kept", "ok", "open on ::"),
    ("IPV6_SEEN=none", "ok", "closed: this machine has no IPv6 address"),
    ("IPV6_SEEN=hidden", "warn", "closed: the engine gives all IPv6 clients the"),
    ("IPV6_SEEN=old-network", "warn", "`docker compose down`, which ends sessions"),
    ("IPV6_SEEN=taken", "warn", "closed: another network has the addresses of NET"),
    ("IPV6=yes\nIPV6_SEEN=none", "fail", "closed: this machine has no IPv6 address"),
    ("PUBLISH_ADDRESS=127.0.0.1", "ok", "closed: to open them, set PUBLISH_ADDRESS_IP"),
]


@pytest.mark.parametrize(("lines", "level", "words"), IPV6_ROWS)
def test_what_is_open_on_ipv6_is_said(
    stack, project, found, health, lines, level, words
):
    """And if it is closed, why, and what to do."""
    with project.env.open("a") as file:
        file.write(f"{lines}\n")

    (row,) = rows_of("ipv6", stack)

    assert (row["name"], row["level"]) == ("ports", level)
    assert words in row["state"]


@pytest.mark.parametrize(
    ("lines", "problem", "level", "words"),
    [
        ("IPV6_NAMES=match", "", "ok", "open from 2001:db8::1"),
        ("IPV6_NAMES=match", "is bad", "warn", "open: is bad; then `stack init`"),
        ("IPV6_NAMES=differ", "is bad", "warn", "IPv4 only: is bad; then"),
        ("IPV6_NAMES=differ", "", "warn", "IPv4 only: the names of 2001:db8::1 are"),
        ("IPV6_NAMES=match", None, "warn", "open; no name server says in time"),
        ("SEND_IPV6=no", "", "ok", "IPv4 only: SEND_IPV6=no"),
        ("PUBLIC_IPV6=", "", "ok", "IPv4 only: PUBLIC_IPV6 in .env is the address"),
    ],
)
def test_how_mail_leaves_is_said(
    stack, project, found, health, monkeypatch, lines, problem, level, words
):
    """With what is wrong with the names of our address."""
    monkeypatch.setattr(reverse, "problem", lambda *_: problem)
    address = "" if "PUBLIC_IPV6" in lines else "PUBLIC_IPV6=2001:db8::1\n"
    with project.env.open("a") as file:
        file.write(f"IPV6=yes\n{address}{lines}\n")

    (row,) = rows_of("sending", stack)

    assert (row["name"], row["level"]) == ("IPv6", level)
    assert row["state"].startswith(words)


def rows_of(kind: str, stack) -> list[dict[str, str]]:
    """Return the rows of a *kind* that `stack status` prints."""
    rows = json.loads(stack("status", "--json").stdout)
    return [row for row in rows if row["kind"] == kind]
