"""From the socket to the database: what the receiver answers, and what it keeps."""

import asyncio
import smtplib
import sqlite3
import stat
import threading
from contextlib import closing, contextmanager

import pytest
from report_receiver import intake, lmtp
from report_receiver.intake import Intake

from tests.support.mail.message import crlf
from tests.support.places import IMAGES
from tests.support.reports.documents import dmarc
from tests.support.reports.messages import attached
from tests.support.wait import wait_until

TO = "dmarc-reports@example.test"
PROVEN = (
    b"Authentication-Results: mail.example.test; dmarc=pass"
    b" (p=reject dis=none from=proven) header.from=outside.test\n"
)
CONFIGURATION = (
    'server = "mail.example.test"\nkeep_days = 400\ndomains = ["example.test"]\n'
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder with the configuration; the database and the socket lie there, too."""
    monkeypatch.setenv("PYTHONPATH", str(IMAGES / "reports"))
    (tmp_path / "reports.toml").write_text(CONFIGURATION)
    return tmp_path


@contextmanager
def receiver(folder):
    """Run a receiver, and have an LMTP client that talks to it."""
    socket = folder / "lmtp"
    loop = asyncio.new_event_loop()
    taking = Intake(folder / "reports.db", folder)
    serving = loop.create_task(lmtp.serve(taking.take, socket))
    thread = threading.Thread(target=loop.run_until_complete, args=(ended(serving),))
    thread.start()
    try:
        with smtplib.LMTP(str(connectable(socket)), timeout=60) as client:
            yield client
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()
        loop.close()


async def ended(task) -> None:
    """Wait until *task* was cancelled, and what it had begun has ended."""
    await asyncio.wait([task])
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def connectable(socket):
    """Wait until *socket* is there, open for Postfix."""
    wait_until(
        lambda: socket.exists() and stat.S_IMODE(socket.stat().st_mode) == 0o666,
        f"{socket}",
    )
    return socket


def deliver(client, message: bytes) -> int:
    """Hand over *message* as Postfix does, and return the code of the last answer."""
    client.ehlo_or_helo_if_needed()
    assert client.docmd("MAIL", "FROM:<>")[0] == 250
    assert client.docmd("RCPT", f"TO:<{TO}>")[0] == 250
    return client.data(crlf(message))[0]


def rows(folder, query: str) -> list[tuple]:
    """Ask the database."""
    with closing(sqlite3.connect(folder / "reports.db")) as database:
        return database.execute(query).fetchall()


def report(number: str = "1") -> bytes:
    """Return a message with a report that counts."""
    return PROVEN + attached(dmarc(number), "text/xml", TO)


def test_a_report_is_kept_before_it_is_answered_for(folder):
    """Several on one connection; the same again is taken, too."""
    with receiver(folder) as client:
        assert [deliver(client, report(n)) for n in ("1", "2", "1")] == [250] * 3
        assert rows(folder, "SELECT reporter, report_id FROM reports") == [
            ("outside.test", "1"),
            ("outside.test", "2"),
        ]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"Subject: hi\n\nHello\n", "not authenticated, as if from: "),
        (PROVEN + b"Subject: hi\n\nHello\n", "no attachment that may be a report"),
        (b"x" * 2000, "a message that is too large"),
        ((b"x" * 900 + b"\n") * (lmtp.LARGEST // 800), "a message that is too large"),
    ],
)
def test_all_that_is_no_report_is_taken_and_listed(folder, message, reason):
    """Nothing is returned to who sent it; what follows is read as ever."""
    with receiver(folder) as client:
        assert deliver(client, message) == 250
        assert rows(folder, "SELECT reason FROM refused") == [(reason,)]
        assert deliver(client, report()) == 250
        assert rows(folder, "SELECT count(*) FROM reports") == [(1,)]


def test_a_report_waits_while_it_can_not_be_kept(folder):
    """451, and it counts when it comes again."""
    with receiver(folder) as client:
        (folder / "reports.db").mkdir()
        assert deliver(client, report()) == 451
        (folder / "reports.db").rmdir()
        assert deliver(client, report()) == 250


def test_a_report_waits_while_the_configuration_is_missing(folder):
    """Nobody knows then which domains are ours."""
    with receiver(folder) as client:
        (folder / "reports.toml").unlink()
        assert deliver(client, report()) == 451
        (folder / "reports.toml").write_text(CONFIGURATION)
        assert deliver(client, report()) == 250


def test_a_report_that_takes_too_long_is_refused(folder, monkeypatch):
    """Its reader is killed, and the next one is read."""
    with receiver(folder) as client:
        with monkeypatch.context() as patched:
            patched.setattr(intake, "LONGEST", 0)
            assert deliver(client, report("1")) == 250
        assert deliver(client, report("2")) == 250

    assert rows(folder, "SELECT reason FROM refused") == [
        ("it takes too much time or memory to read",)
    ]
    assert rows(folder, "SELECT report_id FROM reports") == [("2",)]


def test_a_report_that_kills_its_reader_is_refused(folder, monkeypatch, tmp_path):
    """It would do that again, each time that it came."""
    killer = folder / "killer"
    killer.write_text("#!/bin/sh\nkill -9 $$\n")
    killer.chmod(0o755)
    with receiver(folder) as client:
        monkeypatch.setattr(intake.sys, "executable", str(killer))
        assert deliver(client, report()) == 250

    ((reason,),) = rows(folder, "SELECT reason FROM refused")
    assert reason == "it takes too much time or memory to read"
