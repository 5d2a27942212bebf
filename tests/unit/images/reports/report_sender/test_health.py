"""The sender is healthy while its collector is at work, on what was rendered."""

import os
import time

import pytest
from report_sender.configuration import FILE
from report_sender.health import fault
from report_sender.service import alive

TEXT = 'domain = "a.test"\nserver = "mx.a.test"\ndmarc = true\ntls = false\n'
TEXT += 'domains = ["a.test"]\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder with the configuration, and with the sign of the collector."""
    monkeypatch.setattr(alive, "FILE", tmp_path / "collecting")
    (tmp_path / FILE).write_text(TEXT)
    return tmp_path


def test_a_collector_at_work_is_healthy(folder):
    """It shows that at each turn."""
    alive.show()

    assert fault(folder) == ""


def test_before_the_collector_has_started_the_sender_is_ill(folder):
    """The container has started by then."""
    assert fault(folder) == "results are not counted: the collector has not started"


def test_a_collector_that_hangs_is_a_fault(folder):
    """A turn takes a second; more than half a minute is too long."""
    alive.show()
    long_ago = time.time() - alive.PATIENCE - 1
    os.utime(alive.FILE, (long_ago, long_ago))

    assert "the collector hangs for 3" in fault(folder)


def test_a_configuration_that_is_refused_is_a_fault(folder):
    """The sender would use it with the next run."""
    alive.show()
    (folder / FILE).write_text("dmarc = 1\n")

    assert fault(folder).startswith(str(folder / FILE))
