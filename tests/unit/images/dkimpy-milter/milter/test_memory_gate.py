"""Large messages are held in memory one at a time."""

import threading

import pytest
from mail_auth.milter.memory_gate import SMALL, MemoryClaim


@pytest.fixture
def large():
    """Hold a large message."""
    turn = MemoryClaim()
    assert turn.take(SMALL + 1)
    yield turn
    turn.release()


def test_small_message_does_not_wait(large):
    """It is held beside a large one."""
    assert MemoryClaim(timeout=0.01).take(SMALL)


def test_large_message_waits_for_the_previous_one(large):
    """It is not held, not even in part, as long as another is."""
    second, kept = MemoryClaim(timeout=10), threading.Event()

    def hold():
        assert second.take(SMALL + 1)
        kept.set()

    thread = threading.Thread(target=hold)
    thread.start()
    assert not kept.wait(0.05)
    large.release()

    assert kept.wait(5)
    thread.join()
    second.release()


def test_large_message_is_deferred_after_the_timeout(large):
    """And nothing more of it is kept, nor is the place of another given away."""
    second = MemoryClaim(timeout=0.01)

    assert not second.take(SMALL + 1)
    assert not second.take(1)
    second.release()
    assert second.timed_out
    assert not MemoryClaim(timeout=0.01).take(SMALL + 1)
