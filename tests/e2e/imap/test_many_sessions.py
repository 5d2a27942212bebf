"""140 IMAP sessions at a time hear of new mail at once, and survive a reload."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from stack.system import inotify
from tests.support.clients.dialogue import Imap
from tests.support.mail.message import letter

# Seconds: far less than the half a minute between two looks.
AT_ONCE = 15
# More than the kernel lets wait for a change by default.
EACH = 47


@pytest.mark.core
def test_a_hundred_and_forty_idle_sessions_are_notified_at_once(
    server, spammer, alice, bob, carol, subject
):
    """
    Each of 140 sessions in IDLE is told of a new message when it comes.

    Not at the next look that Dovecot takes every half a minute.
    """
    if inotify.state() != f"{inotify.ENOUGH}, enough":
        pytest.skip(f"the kernel: {inotify.NAME} is {inotify.state()}")
    users = [alice, bob, carol] * EACH

    with ExitStack() as crowd, ThreadPoolExecutor(4) as programs:
        sessions = []
        for session in programs.map(waiting, users):
            crowd.enter_context(session)
            sessions.append(session)
        for user in users[:3]:
            message = letter("a@outside.test", user.address, subject)
            assert spammer.send(user.address, message).code == 250
        late = [each for each in sessions if not is_notified(each)]

    assert len(late) == 0


def waiting(user) -> Imap:
    """Log in as *user*, and wait for mail in the inbox."""
    session = user.server.connect(993, user.server.trust)
    for command in (f"LOGIN {user.address} {user.password}", "SELECT INBOX"):
        answer = session.say(command)
        assert "tag OK" in answer
    session.write(b"tag IDLE\r\n")
    assert session.line().startswith("+")
    session.socket.settimeout(AT_ONCE)
    return session


def is_notified(session: Imap) -> bool:
    """Say whether the session is told of a new message in time."""
    try:
        while "EXISTS" not in (line := session.line()):
            assert line
    except TimeoutError:
        return False
    return True


@pytest.mark.provokes("dovecot", "sent SIGTERM")
def test_a_reload_ends_no_session(server, alice):
    """
    A reload of Dovecot ends no IMAP session.

    Dovecot would end a session ten seconds after its last command.
    """
    with server.connect(993, server.trust) as session:
        login = session.say(f"LOGIN {alice.address} {alice.password}")
        assert "tag OK" in login
        server.project.inside("dovecot", "doveadm", "reload")
        session.socket.settimeout(13)
        with pytest.raises(TimeoutError):
            session.line()

        assert "tag OK" in session.say("NOOP")
