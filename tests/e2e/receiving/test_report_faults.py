"""Reports wait while their receiver is down or hangs, and other mail goes on."""

import random
import time

import pytest

from tests.support.faults.services import kill, paused, stopped
from tests.support.mail.message import letter
from tests.support.reports.documents import dmarc, record
from tests.support.reports.receiving import DMARC, await_line, send, senders
from tests.support.server.accounts import aliases, open_account
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until

TAKEN = "taken: dmarc of example.test by outside.test"


@pytest.fixture(autouse=True)
def accounts(alice) -> None:
    """While there are no accounts, all mail waits."""


@pytest.fixture
def source() -> str:
    """An address that no other report tells of."""
    return f"198.19.{random.randrange(256)}.{random.randrange(256)}"  # noqa: S311


@pytest.fixture
def document(source, subject) -> bytes:
    """A report that no other test has."""
    return dmarc(subject.split()[1], record(source, 3))


def await_deferral(project) -> None:
    """Wait until a report waits, with a reason."""
    wait_until(
        lambda: [each for each in waiting(project, DMARC) if each.reason],
        "a report that waits",
        60,
    )


def await_count(project, source: str) -> None:
    """Have the queue tried until what was reported on *source* is there, once."""
    (sender,) = wait_until(
        lambda: flush(project) or senders(project, source), "the report", 60
    )
    assert sender["messages"] == 3


@pytest.mark.core
def test_reports_wait_while_their_receiver_is_down(
    server, stranger, alice, spammer, subject, document, source
):
    """While the receiver is down, reports wait, and other mail is delivered."""
    project = server.project

    with stopped(project, "reports"):
        send(stranger, document)
        await_deferral(project)
        spammer.send(alice.address, letter("a@outside.test", alice.address, subject))
        assert alice.receive(subject)

    await_count(project, source)


def test_mail_goes_on_while_the_receiver_hangs(
    server, stranger, alice, spammer, subject, document, source
):
    """While the receiver hangs, other mail is delivered at once."""
    project = server.project

    with paused(project, "reports"):
        send(stranger, document)
        wait_until(lambda: waiting(project, DMARC), "the report in the queue")
        began = time.monotonic()
        spammer.send(alice.address, letter("a@outside.test", alice.address, subject))
        assert alice.receive(subject)
        assert time.monotonic() - began < 30

    await_count(project, source)


def test_a_report_survives_a_killed_receiver(server, stranger, document, source):
    """A report that comes while the receiver is killed is counted once."""
    project = server.project

    send(stranger, document)
    kill(project, "reports")

    project.wait_for("healthy", "reports")
    await_count(project, source)


@pytest.mark.core
@pytest.mark.provokes("reports", "a report waits")
def test_reports_wait_while_they_can_not_be_written(server, stranger, document, source):
    """A report waits (451) while the database can't be written, and health says so."""
    project, begin = server.project, time.time()

    project.as_root("chown 0 var/reports/reports.db")
    try:
        send(stranger, document)
        await_line(project, "a report waits", begin)
        healthy, said = project.probe("reports")
    finally:
        repaired = project.stack("init", "--yes")

    assert not healthy
    assert "/reports/reports.db" in said
    assert "set owner and mode of var/reports/reports.db" in repaired.stderr
    project.wait_for("healthy", "reports")
    await_count(project, source)


@pytest.mark.core
def test_a_catch_all_gets_no_report(server, stranger, alice, document, source):
    """A catch-all alias gets none of the reports."""
    with aliases(server.project, **{"@example.test": alice.address}):
        send(stranger, document, to=DMARC.upper())
        await_count(server.project, source)


@pytest.mark.core
def test_an_alias_of_that_name_gets_the_mail(server, stranger, alice, subject):
    """An alias that the operator has written for the address keeps its mail."""
    with aliases(server.project, **{DMARC: alice.address}):
        stranger.send(DMARC, message=letter(stranger.address, DMARC, subject))

        assert alice.receive(subject)


@pytest.mark.core
def test_a_user_of_that_name_gets_the_mail(server, stranger, subject):
    """A user whose address it is keeps their mail."""
    project = server.project
    address = "tls-reports@example.test"
    user = open_account(server, address)
    try:
        stranger.send(address, message=letter(stranger.address, address, subject))

        assert user.receive(subject)
    finally:
        project.stack("user", "remove", address)
