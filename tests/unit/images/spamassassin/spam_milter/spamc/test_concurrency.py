"""Messages wait for a child of spamd in the milter, and not for ever."""

import threading

import pytest
from spam_milter.spamc.client import NoVerdictError
from spam_milter.spamc.concurrency import ConcurrencyLimit


def test_concurrent_scans_do_not_exceed_spamds_children():
    """Who finds all places taken waits, and is put off when that takes too long."""
    concurrency = ConcurrencyLimit()
    concurrency.maximum = 2

    with (
        concurrency.slot(1),
        concurrency.slot(1),
        pytest.raises(NoVerdictError, match=r"no child of spamd is free for 0\.1 s"),
        concurrency.slot(0.1),
    ):
        pytest.fail("there are only two")
    with concurrency.slot(0):
        pass


def test_waiting_scan_gets_the_next_free_slot():
    """A place that becomes free is taken at once."""
    concurrency, came = ConcurrencyLimit(), threading.Event()

    def second() -> None:
        with concurrency.slot(10):
            came.set()

    with concurrency.slot(1):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not came.wait(0.1)
    assert came.wait(5)
    waiting.join()


def test_failed_scan_frees_its_slot():
    """Errors don't use up the places."""
    concurrency = ConcurrencyLimit()

    with pytest.raises(ZeroDivisionError), concurrency.slot(0):
        1 / 0  # noqa: B018 - to fail is the point

    with concurrency.slot(0):
        pass
