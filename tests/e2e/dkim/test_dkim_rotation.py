"""DKIM keys are replaced once every name server shows them, and no signature breaks."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import aiosmtplib
import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.clients.submission import logged_in
from tests.support.dkim.rotation import Pair, keys, pair, private_keys, signed_with
from tests.support.faults.services import paused
from tests.support.mail.mailbox import Mailbox, Received
from tests.support.mail.message import letter
from tests.support.mail.outsiders import authentication_results, one_at_a_time
from tests.support.wait import wait_until
from tests.support.world.name_servers import second_server
from tests.support.world.name_servers.published_zone import publish

DOMAIN = "second.test"

# What the other server finds out: OpenDKIM shares no code with our signer.
BOTH_PASS = {
    f"dkim=pass header.d={DOMAIN} header.a={algorithm}"
    for algorithm in ("rsa-sha256", "ed25519-sha256")
}

# Messages before the switch, and after it.
ENOUGH = 20


@pytest.fixture
def next_keys(project, carol) -> Iterator[Pair]:
    """Have next keys of the domain, with their records in the test world's DNS."""
    project.stack("dkim", "rotate", DOMAIN)
    publish(project)
    yield pair(project, DOMAIN, "next")
    publish(project)


@pytest.fixture
def second_name_server(world, project, carol) -> Iterator[None]:
    """Have a second name server for the keys, without a record of them."""
    project.start_services("names")
    with second_server.delegated(project, world, f"_domainkey.{DOMAIN}"):
        yield


def rotate(project, *options: str) -> tuple[int, str]:
    """Run `stack dkim rotate`; return its exit status, and what it told."""
    done = project.stack("dkim", "rotate", DOMAIN, *options, check=False)
    return done.returncode, done.stderr


def records_of(project, *phases: str) -> dict[str, str]:
    """Return the records of keys, by their names."""
    return {
        key["name"]: key["record"]
        for phase in phases
        for key in keys(project, DOMAIN, phase).values()
    }


class Load:
    """Submissions of two programs at a time, one message after the other."""

    def __init__(self, sender: Mailbox, to: str, subject: str) -> None:
        self.sender, self.to, self.subject = sender, to, subject
        self.accepted: list[str] = []
        self.refused: list[str] = []
        self.end = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send until the block is left."""
        threads = [threading.Thread(target=self._send, args=name) for name in "ab"]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.end.set()
            for thread in threads:
                thread.join()

    def await_more(self) -> None:
        """Wait until some more messages are accepted."""
        before = len(self.accepted)
        wait_until(lambda: len(self.accepted) >= before + ENOUGH, "more mail", 60)

    def _send(self, name: str) -> None:
        number = 0
        while not self.end.is_set():
            number += 1
            subject = f"{self.subject} {name}{number}."
            try:
                self.sender.send(self.to, subject)
            except (OSError, aiosmtplib.SMTPException) as error:
                self.refused.append(f"{subject}: {error}")
            else:
                self.accepted.append(subject)


def say(session: Smtp, sender: Mailbox, to: str, subject: str) -> None:
    """Submit a message about *subject* in a *session*."""
    message = letter(sender.address, to, subject)
    assert session.deliver(message, sender.address, [to]).code == 250


def arrived(project, subject: str) -> dict[str, Received]:
    """Return all messages about *subject…* at the other server, by their subjects."""
    script = 'for f in $(grep -lrs -- "$0" /home/stranger/Maildir/new); do'
    script += " cat $f; printf '\\0'; done"
    raw = project.inside("outside", "sh", "-c", script, subject).split(b"\0")[:-1]
    found = map(Received, raw)
    return {each.message["Subject"]: each for each in found}


def test_no_signature_breaks_while_keys_are_switched(
    project, carol, stranger, subject, next_keys
):
    """
    Of mail that is submitted while keys are switched, each message verifies elsewhere.

    Each is signed with one whole pair, and none is refused. A session that was open
    goes on with the keys before, and its messages verify, too.
    """
    old = pair(project, DOMAIN, "signing")
    load = Load(carol, stranger.address, subject)
    held = f"{subject} held1.", f"{subject} held2."

    with one_at_a_time(project):
        with logged_in(carol) as session, load.running():
            load.await_more()
            say(session, carol, stranger.address, held[0])
            status, told = rotate(project)
            load.await_more()
            say(session, carol, stranger.address, held[1])
        wanted = {*load.accepted, *held}
        there = "all of the mail"
        wait_until(lambda: wanted <= set(arrived(project, subject)), there, 90)

    assert status == 0, told
    assert load.refused == []
    received = arrived(project, subject)
    for each in received.values():
        assert authentication_results(each) >= BOTH_PASS, each.raw.decode()
    signed = {name: signed_with(each) for name, each in received.items()}
    assert set(signed.values()) == {old, next_keys}
    assert {signed[name] for name in held} == {old}
    assert list(signed.values()).count(next_keys) >= ENOUGH


@pytest.mark.core
def test_the_retired_private_keys_are_destroyed(project, carol, next_keys):
    """
    After a switch the private keys before are gone, and their records still printed.
    """
    old = pair(project, DOMAIN, "signing")
    assert private_keys(project, DOMAIN) == {
        *(old.rsa, old.ed25519),
        *(next_keys.rsa, next_keys.ed25519),
    }

    status, told = rotate(project)

    assert status == 0, told
    assert f"Keep {old.rsa}._domainkey.{DOMAIN} and" in told
    assert private_keys(project, DOMAIN) == {next_keys.rsa, next_keys.ed25519}
    assert {old.rsa, old.ed25519} <= set(keys(project, DOMAIN, "retired"))
    shown = project.stack("dns", "show", "--format=zone").stdout
    assert f"\n{old.rsa}._domainkey.{DOMAIN}. " in shown


@pytest.mark.usefixtures("second_name_server")
def test_keys_wait_until_every_name_server_shows_them(
    project, world, carol, stranger, subject, next_keys
):
    """
    While one name server lacks a record, or is silent, the keys before sign.
    """
    old = pair(project, DOMAIN, "signing")
    name = f"{next_keys.rsa}._domainkey.{DOMAIN}"
    server = f"{second_server.NAME} ({world.names})"

    lacking = rotate(project)
    with paused(project, "names"):
        silent = rotate(project)
    carol.send(stranger.address, f"{subject} before.")
    second_server.put(world, records_of(project, "next", "signing"))
    shown = rotate(project)
    carol.send(stranger.address, f"{subject} after.")

    assert lacking[0] == silent[0] == 1
    assert f"{name}: {server} has no such record" in lacking[1]
    assert f"{name}: {server} gives no answer" in silent[1]
    assert "ns.test" not in lacking[1] + silent[1]
    assert shown[0] == 0, shown[1]
    before, after = (
        stranger.receive(f"{subject} {each}.") for each in ("before", "after")
    )
    assert (signed_with(before), signed_with(after)) == (old, next_keys)


def test_keys_are_switched_at_once_on_demand(project, carol, stranger, subject):
    """
    With --now keys sign before the DNS shows them; 4096 bits of RSA verify elsewhere.
    """
    old = pair(project, DOMAIN, "signing")

    status, told = rotate(project, "--now", "--bits", "4096")

    assert status == 0, told
    new = pair(project, DOMAIN, "signing")
    assert new != old
    assert keys(project, DOMAIN, "signing")[new.rsa]["bits"] == 4096
    publish(project)
    carol.send(stranger.address, subject)
    received = stranger.receive(subject)
    assert signed_with(received) == new
    assert authentication_results(received) >= BOTH_PASS


def test_stack_init_goes_on_with_a_rotation_to_its_end(project, carol, next_keys):
    """
    `stack init` switches to keys that are published, and forgets what the DNS has not.

    The records of retired keys are to be removed after a week.
    """
    old = pair(project, DOMAIN, "signing")

    project.stack("init", "--yes")

    assert pair(project, DOMAIN, "signing") == next_keys
    assert private_keys(project, DOMAIN) == {next_keys.rsa, next_keys.ed25519}
    state = f"var/dkim/{DOMAIN}/state.json"
    # As if it had been in another year.
    year = re.search(r'"since": "(\d{4})-', project.as_root(f"cat {state}"))
    assert year
    project.as_root(f'sed -i \'s/"since": "{year[1]}-/"since": "2020-/\' {state}')
    assert {old.rsa, old.ed25519} <= set(keys(project, DOMAIN, "remove"))
    told = project.stack("init", "--yes").stderr
    assert f"Remove {old.rsa}._domainkey.{DOMAIN} and" in told
    assert keys(project, DOMAIN, "remove")
    publish(project)
    project.stack("init", "--yes")
    assert not keys(project, DOMAIN, "remove")
    assert not keys(project, DOMAIN, "retired")
