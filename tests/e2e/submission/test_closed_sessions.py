"""A closed account or a changed password ends the sessions that are open."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.clients.dialogue import Imap
from tests.support.clients.login import logged_in
from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import letter
from tests.support.server.accounts import open_account, operate
from tests.support.server.project import ADDRESS

pytestmark = pytest.mark.core

# Seconds within which a session is over.
SOON = 15

LOST = ["user disable {0}", "user remove {0}", "user passwd {0} --generate"]


@pytest.fixture
def newcomer(server, alice, subject) -> Mailbox:
    """Add a user."""
    return open_account(server, f"user-{subject.split()[-1]}@example.test")


@contextmanager
def idling(user: Mailbox, port: int) -> Iterator[Imap]:
    """Open the inbox of *user* by hand, and wait there for new mail."""
    server = user.server
    trust = server.trust if port == 993 else None
    with Imap(ADDRESS, server.port(port), trust) as session:
        if port == 143:
            session.start_tls(server.trust)
        assert "tag OK" in session.say(f'LOGIN {user.address} "{user.password}"')
        assert "tag OK" in session.say("SELECT INBOX")
        session.write(b"tag IDLE\r\n")
        assert session.line().startswith("+")
        session.socket.settimeout(SOON)
        yield session


def rest(session: Imap) -> list[str]:
    """Return what the server sends until it closes the session, which it does soon."""
    return list(iter(session.line, ""))


@pytest.mark.parametrize("port", [143, 993])
@pytest.mark.parametrize("command", LOST)
def test_an_open_imap_session_of_a_closed_account_ends(
    server, newcomer, spammer, command, port, subject
):
    """An open IMAP session ends when its account is closed, and shows no new mail."""
    with idling(newcomer, port) as session:
        server.project.stack(*shlex.split(command.format(newcomer.address)))
        said = rest(session)
        spammer.send(newcomer.address, letter("a@outside.test", "x@y.test", subject))

    assert [line for line in said if "BYE" in line]
    assert not [line for line in said if "EXISTS" in line]


def test_sessions_of_other_users_go_on(server, newcomer, bob, spammer, subject):
    """Sessions of other users go on, and so do those with the new password."""
    with idling(bob, 993) as session, idling(newcomer, 993) as own:
        server.project.stack(
            "user", "passwd", newcomer.address, "--password-stdin", stdin="new-pass-1"
        )
        again = Mailbox(newcomer.address, "new-pass-1", server)
        with idling(again, 993) as new:
            rest(own)
            for user, each in ((again, new), (bob, session)):
                spammer.send(
                    user.address, letter("a@outside.test", user.address, subject)
                )
                assert "EXISTS" in each.line()


@pytest.mark.parametrize("command", LOST)
@pytest.mark.parametrize("sender", ["{0}", ""])
def test_an_open_submission_session_of_a_closed_account_ends(
    server, newcomer, bob, command, sender
):
    """
    An open session on port 587 ends at its next message when its account is closed.
    """
    with logged_in(server, newcomer.address, newcomer.password) as session:
        assert session.say(f"MAIL FROM:<{newcomer.address}>").code == 250
        assert session.say("RSET").code == 250

        server.project.stack(*shlex.split(command.format(newcomer.address)))

        answer = session.say(f"MAIL FROM:<{sender.format(newcomer.address)}>")
        assert answer.code == 421
        assert session.say("NOOP").code == 0


def test_a_message_begun_before_its_account_was_closed_is_refused(
    server, newcomer, bob
):
    """A message that was begun before its account was closed is refused at its end."""
    message = letter(newcomer.address, bob.address, "under way")
    with logged_in(server, newcomer.address, newcomer.password) as session:
        session.say(f"MAIL FROM:<{newcomer.address}>")
        assert session.say(f"RCPT TO:<{bob.address}>").code == 250

        server.project.stack("user", "disable", newcomer.address)

        assert session.transmit(message).code in (421, 553)


def test_a_removed_sendas_right_ends_in_open_sessions(server, newcomer, bob):
    """
    After `stack sendas remove`, an open session can't send from that address any more.
    """
    project, foreign = server.project, "sales@example.test"
    project.stack("sendas", "add", newcomer.address, foreign)
    with logged_in(server, newcomer.address, newcomer.password) as session:
        session.say(f"MAIL FROM:<{foreign}>")
        assert session.say(f"RCPT TO:<{bob.address}>").code == 250
        session.say("RSET")

        operate(project, f"sendas remove {newcomer.address}")

        session.say(f"MAIL FROM:<{foreign}>")
        assert session.say(f"RCPT TO:<{bob.address}>").code == 553
        session.say("RSET")
        session.say(f"MAIL FROM:<{newcomer.address}>")
        assert session.say(f"RCPT TO:<{bob.address}>").code == 250
        answer = session.transmit(letter(foreign, bob.address, "in another's name"))
        assert answer.code == 550
