"""Other servers' reports on our mail are counted once; a hostile one harms nothing."""

import gzip
import random
import time

import pytest

from tests.support.harness.tiers import core_rows
from tests.support.mail.message import letter
from tests.support.reports.documents import dmarc, record, tls
from tests.support.reports.messages import attached, gzip_of_zeros, zipped
from tests.support.reports.receiving import (
    DMARC,
    TLS,
    await_line,
    send,
    senders,
    shown,
)

TAKEN = "taken: dmarc of example.test by outside.test"

# As servers send them: what is attached, and what it is labelled as.
FORMS = {
    "RFC 9990, as it is": (lambda document: document, "text/xml"),
    "RFC 7489, gzip": (
        lambda document: gzip.compress(
            document.replace(b' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', b"")
        ),
        "application/gzip",
    ),
    "zip": (lambda document: zipped(("a.xml", document)), "application/zip"),
    "zip with a hostile name, mislabelled": (
        lambda document: zipped(("../../../../reports/reports.db", document)),
        "application/octet-stream",
    ),
}

# What is no report, its label, and what the receiver says of it.
NONE = {
    "broken": (dmarc("b")[:-9], "text/xml", "broken XML"),
    "1 GB unpacked": (
        gzip_of_zeros(1 << 30),
        "application/gzip",
        "over 20971520 octets when unpacked",
    ),
    "nested": (
        zipped(("a.zip", zipped(("b.xml", dmarc("n"))))),
        "application/zip",
        "an archive in an archive",
    ),
    "entities": (
        b'<!DOCTYPE a [<!ENTITY b "haha"><!ENTITY c "&b;&b;&b;">]>'
        b"<feedback>&c;</feedback>",
        "text/xml",
        "XML with a DTD or entities",
    ),
    "about others": (
        dmarc("o", domain="other.test"),
        "text/xml",
        "about other.test, which is not a domain of ours",
    ),
    "a program": (
        b"#!/bin/sh\ntouch /reports/harmed\n",
        "application/octet-stream",
        "an attachment that is neither XML nor JSON",
    ),
}


@pytest.fixture(autouse=True)
def accounts(alice) -> None:
    """While there are no accounts, all mail waits."""


@pytest.fixture
def source() -> str:
    """An address that no other report tells of."""
    return f"198.18.{random.randrange(256)}.{random.randrange(256)}"  # noqa: S311


@pytest.fixture
def number(subject) -> str:
    """A report id that no other test has."""
    return subject.split()[1]


@pytest.mark.parametrize("form", core_rows(FORMS, "RFC 7489, gzip"))
def test_a_report_is_counted(server, stranger, source, number, form):
    """
    A DMARC report is counted, packed or not, in the form of either RFC.

    No name in it or of it is looked at.
    """
    begin = time.time()
    make, label = FORMS[form]
    document = dmarc(number, record(source, 4, dkim="fail"))

    send(stranger, make(document), label, name="../../../../etc/passwd")

    await_line(server.project, TAKEN, begin)
    (sender,) = senders(server.project, source)
    assert (sender["messages"], sender["dkim"], sender["spf"]) == (4, 0, 4)
    assert (sender["domain"], sender["reporters"]) == ("example.test", ["outside.test"])


@pytest.mark.core
def test_a_tls_report_is_counted(server, stranger, number):
    """A TLS report is counted, and `stack reports tls` says what to do."""
    begin, project = time.time(), server.project
    mx = f"{number}.example.test"
    document = tls(number).replace(b"mail.example.test", mx.encode())

    send(stranger, gzip.compress(document), "application/tlsrpt+gzip", to=TLS)

    await_line(project, "taken: tls of example.test by outside.test", begin)
    (host,) = [each for each in shown(project, "tls")["hosts"] if each["mx"] == mx]
    assert (host["succeeded"], host["failed"]) == (5, 3)
    said = project.stack("reports", "tls").stdout
    assert f"3 certificate-expired at {mx}: the certificate had expired" in said


@pytest.mark.core
def test_a_report_that_comes_twice_counts_once(server, stranger, source, number):
    """A report that comes twice is counted once."""
    document = dmarc(number, record(source, 7))
    begin = time.time()
    send(stranger, document)
    await_line(server.project, TAKEN, begin)

    send(stranger, gzip.compress(document), "application/gzip")

    await_line(server.project, "known already: dmarc of example.test", begin)
    (sender,) = senders(server.project, source)
    assert sender["messages"] == 7


@pytest.mark.parametrize("kind", core_rows(NONE, "1 GB unpacked", "entities"))
def test_what_is_no_report_is_taken_and_refused(server, stranger, source, number, kind):
    """
    What is no report of ours is taken, listed as refused, and answered to nobody.

    The receiver goes on with the next one.
    """
    begin, project = time.time(), server.project
    data, label, reason = NONE[kind]

    send(stranger, data, label)
    await_line(project, f"refused: {reason}", begin)
    send(stranger, dmarc(number, record(source)))

    await_line(project, TAKEN, begin)
    assert senders(project, source)
    assert any(reason in each["reason"] for each in shown(project)["refused"])
    assert reason in project.stack("reports").stdout
    assert project.inside("reports", "ls", "/reports").split() == [b"reports.db"]
    delivered = project.lines(["postfix"], since=begin)
    assert not [each for each in delivered if "non-delivery" in each.text]


@pytest.mark.core
def test_a_report_that_is_not_authenticated_is_not_counted(
    server, spammer, source, number
):
    """
    A report whose sender neither SPF nor DKIM proves is refused, whatever it claims.
    """
    begin, author = time.time(), "reports@nothing.spf.test"
    claim = (
        b"Authentication-Results: mail.example.test; dmarc=pass"
        b" (p=reject dis=none from=proven) header.from=nothing.spf.test\n"
    )
    document = dmarc(number, record(source))

    reply = spammer.send(
        DMARC, claim + attached(document, "text/xml", DMARC, sender=author), author
    )

    assert reply.code == 250
    await_line(
        server.project, f"refused: not authenticated, as if from: {author}", begin
    )
    assert not senders(server.project, source)


@pytest.mark.core
def test_a_users_report_is_not_counted(server, alice, source, number):
    """A user can't send a report that counts, with or without a verdict of ours."""
    begin = time.time()
    claim = (
        b"Authentication-Results: mail.example.test; dmarc=pass"
        b" (p=reject dis=none from=proven) header.from=example.test\n"
    )
    document = dmarc(number, record(source))

    alice.send(
        DMARC,
        message=claim + attached(document, "text/xml", DMARC, sender=alice.address),
    )

    await_line(server.project, "refused: not authenticated", begin)
    assert not senders(server.project, source)


def test_a_message_that_is_too_large_is_refused_and_not_returned(server, spammer):
    """A message over 10 MiB is taken and listed as refused."""
    begin = time.time()
    data = random.randbytes(8 << 20)  # noqa: S311

    reply = spammer.send(DMARC, attached(data, "application/gzip", DMARC))

    assert reply.code == 250
    await_line(
        server.project, "refused: a message that is too large", begin, within=120
    )


@pytest.mark.core
def test_ordinary_mail_to_the_address_is_refused_in_the_list(server, stranger):
    """A message without a report is listed as refused."""
    begin = time.time()

    stranger.send(DMARC, message=letter(stranger.address, DMARC, "Hello there"))

    await_line(server.project, "refused: no attachment that may be a report", begin)


@pytest.mark.core
@pytest.mark.parametrize(
    "deed", ["os.fork()", "os.posix_spawn('/bin/true', ['a'], {})"]
)
def test_what_reads_a_report_can_not_start_a_program(server, deed):
    """The process that reads a report can't start another one."""
    script = (
        "import os; from report_receiver.parsing import __main__ as reader;"
        f" reader.limit(); {deed}"
    )

    done = server.project.execute("reports", "python3", "-c", script, check=False)

    assert done.returncode != 0
    assert "BlockingIOError" in done.stderr
