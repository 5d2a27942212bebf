"""Many users may be connected at a time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack


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
