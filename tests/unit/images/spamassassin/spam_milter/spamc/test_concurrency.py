"""Messages wait for a child of spamd in the milter, and not for ever."""

import threading

import pytest
from spam_milter.spamc.client import NoVerdictError
from spam_milter.spamc.concurrency import Slots


def test_concurrent_scans_do_not_exceed_spamds_children():
    """Who finds all places taken waits, and is put off when that takes too long."""
    slots = Slots()
    slots.number = 2

    with (
        slots.one(1),
        slots.one(1),
        pytest.raises(NoVerdictError, match=r"no child of spamd is free for 0\.1 s"),
        slots.one(0.1),
    ):
        pytest.fail("there are only two")
    with slots.one(0):
        pass


def test_waiting_scan_gets_the_next_free_slot():
    """A place that becomes free is taken at once."""
    slots, came = Slots(), threading.Event()

    def second() -> None:
        with slots.one(10):
            came.set()

    with slots.one(1):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not came.wait(0.1)
    assert came.wait(5)
    waiting.join()


def test_failed_scan_frees_its_slot():
    """Errors don't use up the places."""
    slots = Slots()

    with pytest.raises(ZeroDivisionError), slots.one(0):
        1 / 0  # noqa: B018 - to fail is the point

    with slots.one(0):
        pass
