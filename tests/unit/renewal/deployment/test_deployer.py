"""Deployment: certificates are written, checked on every port, or rolled back."""

from pathlib import Path

import pytest

from stack.apply import plan, verdicts
from stack.certs import store
from stack.config import envfile
from stack.renewal.deployment import handshake, port_check
from stack.renewal.deployment.deployer import Deployer
from stack.system import project
from stack.system.errors import StackError, UnableError
from stack.system.project import Project
from tests.support.certs.authority import DAY, HOST
from tests.support.certs.bundles import TODAY, bundle
from tests.support.network.mail_ports import (
    all_ports,
    always,
    as_configured,
    at_last,
    closed,
    hangs,
    serving,
    speaks,
)
from tests.support.project import prepared
from tests.support.project.prepared import contents

MAIN, BESIDE = store.files_of(HOST)
NEW = {MAIN: bundle().pem, BESIDE: bundle(rsa=True).pem}
OTHER = {"a.example.pem": bundle("a.example", "*.a.example").pem}


@pytest.fixture
def ready(tmp_path: Path) -> Project:
    """A project after `stack init`, with the real templates."""
    return prepared.project(tmp_path)


@pytest.fixture(autouse=True)
def hurried(monkeypatch) -> None:
    """Check the ports again after a short pause."""
    monkeypatch.setattr(port_check, "FIRST_PAUSE", 0.01)


def deploy(project: Project, wanted, seconds: float = 60, tell=None) -> list[str]:
    """Deploy *wanted*, and return what was told."""
    told: list[str] = []
    deployer(project, tell or told.append, seconds).deploy(wanted)
    return told


def deployer(project: Project, tell, seconds: float = 0) -> Deployer:
    """Return what deploys in *project*."""
    return Deployer(project, envfile.load(project.env), tell, seconds)


def deploy_quietly(project: Project, wanted) -> None:
    """Write *wanted*, without checking any port."""
    settings = envfile.load(project.env)
    for change in plan.certificates(project, settings, wanted):
        change.carry_out()


def before(project: Project) -> store.Stored:
    """Return the certificate that `stack init` has made."""
    return store.load(project.tls)[HOST]


# --- What is served ---


def test_deployment_is_confirmed_on_every_port(ready, found):
    """On every address, with the certificates for other names and old clients."""
    with all_ports(as_configured(ready), "127.0.0.1", "::1") as found[:]:
        told = deploy(ready, NEW | OTHER)

    assert {file: (ready.tls / file).read_text() for file in NEW | OTHER} == NEW | OTHER
    assert told[-2:] == [
        "Waiting until every mail port serves it …",
        f"Served on {', '.join(map(str, sorted(found)))}.",
    ]
    assert told[:3] == [f"write var/tls/{file}" for file in NEW | OTHER]


def test_deployer_waits_for_a_slow_port(ready, found):
    """A container looks for a new configuration every few seconds."""
    old, new = always(before(ready).main), as_configured(ready)

    with serving(465, speaks(465, at_last(old, new, after=5))) as slow:
        found.append(slow)
        told = deploy(ready, NEW)

    assert told[-1] == f"Served on {slow}."


@pytest.mark.parametrize("port", [25, 587, 143, 993])
def test_certificate_that_a_port_does_not_serve_is_rolled_back(ready, found, port):
    """The error names the port and what it serves. All files are as before."""
    deploy_quietly(ready, {MAIN: bundle(end=TODAY + 30 * DAY).pem})
    as_it_was = contents(ready)
    stuck = speaks(port, always(before(ready).main))

    with (
        serving(465, speaks(465, as_configured(ready))) as well,
        serving(port, stuck) as badly,
    ):
        found += [badly, well]
        with pytest.raises(StackError, match="put back") as caught:
            deploy(ready, NEW | OTHER, seconds=0)

    end = f"{TODAY + 30 * DAY:%Y-%m-%d %H:%M}"
    assert caught.value.exit_code == 1
    assert all(each.startswith(f"{badly} ") for each in caught.value.problems)
    assert (
        f"{badly} serves another certificate, for {HOST}, valid until {end}: the one"
        " before was put back; see `docker compose ps` and the logs of that service,"
        " then try again"
    ) in caught.value.problems
    assert contents(ready) == as_it_was
    assert sorted(path.name for path in ready.tls.iterdir()) == [MAIN]


def test_removed_file_is_restored(ready, found):
    """The configuration that names it is restored, too."""
    deploy_quietly(ready, NEW | OTHER)
    as_it_was = contents(ready)
    told = []

    with serving(993, speaks(993, always(before(ready).main))) as badly:
        found.append(badly)
        with pytest.raises(StackError, match="the one before was put back"):
            deploy(ready, {MAIN: bundle().pem, BESIDE: None}, 0, told.append)

    assert contents(ready) == as_it_was
    put_back = told[told.index("Waiting until every mail port serves it …") + 1 :]
    assert put_back[:2] == [f"write var/tls/{MAIN}", f"write var/tls/{BESIDE}"]
    assert put_back[-1] == "write var/etc/postfix/SHA256SUMS"


def test_refusal_of_the_daemon_is_reported(ready, found, monkeypatch):
    """The error quotes the daemon, so nobody has to read logs."""
    words = "mail.pem: a certificate in it is damaged\nsee there"
    view = verdicts.View(True, verdicts.Verdict("digest", True, words))
    monkeypatch.setattr(verdicts, "view_reader", lambda _: lambda _: view)
    deploy_quietly(ready, NEW)

    with serving(993, speaks(993, always(before(ready).main))) as badly:
        found.append(badly)
        with pytest.raises(StackError, match="is damaged") as caught:
            deploy(ready, {MAIN: bundle().pem, BESIDE: None}, 0)

    assert caught.value.problems[-1] == f"dovecot: {words.replace(chr(10), '; ')}"


def test_unchanged_certificate_is_not_rolled_back(ready, found):
    """There is nothing to restore."""
    deploy_quietly(ready, NEW)
    as_it_was = contents(ready)

    with serving(25, speaks(25, always(bundle("www.example.net")))) as badly:
        found.append(badly)
        with pytest.raises(StackError, match="valid until") as caught:
            deploy(ready, NEW, seconds=0)

    assert "put back" not in str(caught.value)
    assert contents(ready) == as_it_was


def test_removal_is_checked_on_every_port(ready, found):
    """The ports must serve the other certificates as before."""
    deploy_quietly(ready, OTHER)

    with all_ports(as_configured(ready)) as found[:]:
        told = deploy(ready, dict.fromkeys(OTHER))

    assert told[-1].startswith("Served on port 25 (")
    assert not (ready.tls / "a.example.pem").exists()
    assert "a.example" not in (ready.etc / "postfix" / "sni.texthash").read_text()


# --- What is not served ---


def test_stopped_server_gives_an_unproven_change(ready, found):
    """The files are there for when it starts."""
    (unseen,) = deployer(ready, list).deploy(NEW)

    assert unseen.startswith("no mail port answers: ")
    assert "`stack cert check` when the server runs" in unseen
    assert (ready.tls / MAIN).read_text() == NEW[MAIN]


def test_silent_port_does_not_cause_a_rollback(ready, found, monkeypatch):
    """One service is down: that is no reason to let a certificate expire."""
    monkeypatch.setattr(handshake, "TIMEOUT", 1.0)
    well = speaks(465, as_configured(ready))

    with serving(465, well) as answering, serving(143, hangs) as silent:
        found += [closed(25), silent, answering]
        told = []
        unseen = deployer(ready, told.append).deploy(NEW)

    assert told[-1] == f"Served on {answering}."
    assert [line.partition(":")[0] for line in unseen[2:]] == [
        f"port {port} is nowhere to be found" for port in (587, 993)
    ]
    assert unseen[0].startswith("port 25 (")
    assert unseen[1].startswith(f"{silent} does not answer: ")


def test_port_that_stops_answering_causes_a_rollback(ready, found, monkeypatch):
    """The new certificate may be the reason."""
    monkeypatch.setattr(handshake, "TIMEOUT", 1.0)
    turns = iter([speaks(143, always(before(ready).main)), hangs, hangs, hangs, hangs])

    with serving(143, lambda plain: next(turns)(plain)) as endpoint:
        found.append(endpoint)
        with pytest.raises(StackError, match="does not serve it: timed out: the one"):
            deploy(ready, {MAIN: NEW[MAIN]}, seconds=0)


def test_deployer_waits_for_another_command(ready, found, monkeypatch):
    """It changes nothing if it can't get the lock."""
    monkeypatch.setattr(project, "LOCK_TIMEOUT", 0.1)
    as_it_was = contents(ready)

    with ready.lock(), pytest.raises(UnableError, match="another stack command"):
        deploy(ready, NEW)

    assert contents(ready) == as_it_was


def test_other_commands_run_while_ports_are_checked(ready, found):
    """Adding a user must not wait for a minute."""
    told = []

    def tell(line: str) -> None:
        if line.startswith("Waiting"):
            with ready.lock():
                told.append("another one's work")
        told.append(line)

    with serving(465, speaks(465, as_configured(ready))) as endpoint:
        found.append(endpoint)
        deploy(ready, NEW, tell=tell)

    assert "another one's work" in told


def test_expired_certificate_does_not_block_another(ready, found):
    """The expired one is not part of the change."""
    expired = bundle("a.example", begin=TODAY - 9 * DAY, end=TODAY - DAY)
    deploy_quietly(ready, {"a.example.pem": expired.pem})

    with all_ports(as_configured(ready)) as found[:]:
        told = deploy(ready, NEW, seconds=0)

    assert told[-1].startswith("Served on port 25 (")
