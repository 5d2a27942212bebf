"""The service is healthy if a sender is rewritten, and found again, on its socket."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from socketmap_server.listener import unix_listener
from socketmap_server.server import Limits, serve
from srs_table.health import fault
from srs_table.tables import Tables


@pytest.fixture
def config(tmp_path) -> Path:
    """Write a configuration."""
    (tmp_path / "srs.conf").write_text("domain = example.test\nmax_age = 21\n")
    (tmp_path / "secrets").write_text("0123456789abcdef" * 2)
    return tmp_path / "srs.conf"


@pytest.fixture
def socket(config) -> Iterator[Path]:
    """Serve by the configuration, in a thread of its own."""
    path = config.with_name("socket")
    loop = asyncio.new_event_loop()
    tables = Tables(config, config.with_name("secrets"))
    task = loop.create_task(serve(unix_listener(path), tables.answer, Limits()))

    def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield path
    loop.call_soon_threadsafe(task.cancel)
    thread.join()


def test_a_service_that_rewrites_is_healthy(config, socket):
    """There and back."""
    assert fault(config, socket) == ""


def test_another_domain_than_the_configured_one_is_a_fault(config, socket):
    """As long as a new configuration is not in use."""
    other = config.with_name("other.conf")
    other.write_text("domain = other.test\nmax_age = 21\n")

    assert "not an address in other.test" in fault(other, socket)


def test_a_service_without_its_secrets_is_ill(config, socket, caplog):
    """The log tells why."""
    config.with_name("secrets").unlink()

    assert "TEMP" in fault(config, socket)
    assert "stack init" in caplog.text


def test_a_service_that_does_not_listen_is_ill(config):
    """With the reason of the system."""
    assert "No such file" in fault(config, config.with_name("nowhere"))
