"""Many users may be connected at a time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest


@pytest.mark.core
def test_a_hundred_and_twenty_sessions_go_on_side_by_side(server, alice, bob, carol):
    """Each program keeps a session open, and often several: all of them are served."""
    users = [alice, bob, carol] * 40

    def log_in(user):
        session = server.connect(993, server.trust)
        return session, session.say(f"LOGIN {user.address} {user.password}")

    with ExitStack() as crowd, ThreadPoolExecutor(4) as programs:
        opened = list(programs.map(log_in, users))
        for session, _ in opened:
            crowd.enter_context(session)
        answers = [session.say("NOOP") for session, _ in opened]

    assert [answer for _, answer in opened if "tag OK" not in answer] == []
    assert [answer for answer in answers if "tag OK" not in answer] == []


@pytest.mark.provokes("dovecot", "sent SIGTERM")
def test_a_reload_ends_no_session(server, alice):
    """
    A program that is connected goes on when a new configuration is taken in use.

    Dovecot would end a session ten seconds after its last command: none is ended in
    a little more.
    """
    with server.connect(993, server.trust) as session:
        login = session.say(f"LOGIN {alice.address} {alice.password}")
        assert "tag OK" in login
        server.project.inside("dovecot", "doveadm", "reload")
        session.socket.settimeout(13)
        with pytest.raises(TimeoutError):
            session.line()

        assert "tag OK" in session.say("NOOP")
