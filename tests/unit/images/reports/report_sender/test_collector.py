"""What takes the rows, from sockets to the database."""

import socket
import sqlite3
from pathlib import Path

import pytest
from report_sender.counting.results import SECONDS_A_DAY
from report_sender.counting.store import Store
from report_sender.dmarc import rows as dmarc_rows
from report_sender.service.collector import SOURCES, Collector, listening
from report_sender.tls import rows as tls_rows

from tests.support.images.report_rows import message, session

FOREVER = 100_000 * SECONDS_A_DAY


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A short path: a socket's may have 107 octets."""
    monkeypatch.chdir(tmp_path)
    return Path("socket")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results.db")


@pytest.fixture
def collector(store, place):
    # A socket of before a kill is in the way.
    place.touch()
    with listening(place) as dmarc, listening(Path("tls")) as tls:
        yield Collector(store, {dmarc: dmarc_rows.read, tls: tls_rows.read})


def _tell(place, *datagrams):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
        for each in datagrams:
            telling.sendto(each, str(place))


def test_rows_of_both_kinds_are_counted(collector, store, place):
    """Whoever may open the folder may write to the socket."""
    _tell(place, message(), message())
    _tell(Path("tls"), session())

    collector.turn()

    assert [g.domain for _, g in store.open_groups("dmarc", FOREVER)] == ["sender.test"]
    assert [g.domain for _, g in store.open_groups("tls", FOREVER)] == ["far.test"]
    assert place.stat().st_mode & 0o777 == 0o666


def test_a_row_that_is_wrong_stops_nothing(collector, store, place, capsys):
    """It is told once: a stranger may send many."""
    _tell(place, b"nonsense", b"", b'{"x', message())

    collector.turn()

    assert len(store.open_groups("dmarc", FOREVER)) == 1
    assert capsys.readouterr().out.count("a row is not counted") == 1


def test_rows_wait_while_the_database_can_not_be_written(
    collector, store, place, monkeypatch
):
    """As on a full disk: nothing stops, and what waits is counted later."""
    _tell(place, message())
    with monkeypatch.context() as patched:
        patched.setattr(store, "add", _full)
        collector.turn()
    assert store.open_groups("dmarc", FOREVER) == []

    collector.turn()

    assert len(store.open_groups("dmarc", FOREVER)) == 1


def _full(*_):
    raise sqlite3.OperationalError("database or disk is full")


def test_what_was_read_is_written_at_the_end(collector, store, place, monkeypatch):
    """SIGTERM comes at any moment."""
    _tell(place, message())
    read = []

    def ended(*_):
        if read:
            raise SystemExit
        read.append(True)
        return [next(iter(collector._sockets))], [], []

    monkeypatch.setattr("report_sender.service.collector.select.select", ended)
    with pytest.raises(SystemExit):
        collector.run()

    assert len(store.open_groups("dmarc", FOREVER)) == 1


def test_the_sockets_are_where_the_others_tell():
    """One volume for each of the two that tell: neither reaches the other's."""
    assert [str(each) for each in SOURCES] == [
        "/run/dmarc-results/socket",
        "/run/tls-results/socket",
    ]
