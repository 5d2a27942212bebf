"""Reports of other servers are counted once; nothing in one of them does any harm."""

import gzip
import json
import time

import pytest

from tests.support.faults.services import kill, paused
from tests.support.mail.message import letter
from tests.support.reports.documents import dmarc, record, tls
from tests.support.reports.messages import attached, gzip_of_zeros, zipped
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until

DMARC = "dmarc-reports@example.test"
TLS = "tls-reports@example.test"

ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
)


@pytest.fixture
def number(subject) -> str:
    """A report id that no other test has."""
    return subject.split()[1]


def shown(project, *arguments: str) -> dict:
    """What `stack reports` says, for programs."""
    return json.loads(project.stack("reports", *arguments, "--json").stdout)


def send(stranger, to: str, data: bytes, label: str, **names: str) -> None:
    """Have the other server deliver a message with a report attached."""
    stranger.send(to, message=attached(data, label, to, **names))


def said(project, words: str, begin: float) -> str:
    """Wait until the receiver has said *words* since *begin*."""
    return wait_until(
        lambda: "\n".join(
            line.text
            for line in project.lines(["reports"], since=begin)
            if words in line.text
        ),
        f"{words!r} in the log of reports",
    )


FORMS = {
    "RFC 9990 as it is": (lambda n: dmarc(n), "text/xml"),
    "gzip": (lambda n: gzip.compress(dmarc(n)), "application/gzip"),
    "zip of RFC 7489": (
        lambda n: zipped(("a.xml", dmarc(n, namespace=""))),
        "application/zip",
    ),
    "hostile name": (
        lambda n: zipped(("../../../reports/reports.db", dmarc(n))),
        "application/octet-stream",
    ),
}


@pytest.mark.core
@pytest.mark.parametrize("form", FORMS)
def test_a_dmarc_report_is_counted(server, stranger, number, form):
    """A DMARC report is counted, packed or not, whatever its files are named."""
    begin = time.time()
    make, label = FORMS[form]

    send(stranger, DMARC, make(number), label, name="../../../../etc/passwd")

    said(server.project, "taken: dmarc of example.test by outside.test", begin)
