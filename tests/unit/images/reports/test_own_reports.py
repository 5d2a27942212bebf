"""What report-sender sends, a server with our own receiver can read and count."""

import time

import pytest
from report_receiver.configuration import Configuration
from report_receiver.parsing import message as received
from report_receiver.parsing.report import Failures, Messages, Sessions
from report_sender.counting.results import SECONDS_A_DAY
from report_sender.counting.store import Store
from report_sender.delivery import letter
from report_sender.dmarc import rows as dmarc_rows
from report_sender.service import sending
from report_sender.tls import rows as tls_rows

from tests.support.images.report_rows import OURS, message, session

# The server that the reports are sent to.
THEIRS = Configuration("mx.hoster.test", 400, frozenset({"far.test", "sender.test"}))
PROVEN = (
    b"Authentication-Results: mx.hoster.test; dmarc=pass (p=quarantine dis=none"
    b" from=proven) header.from=example.test\r\n"
)

# The policy of DANE is that of the mail server (RFC 8460, section 1.1).
TLSA = {
    "policy-type": 1,
    "policy-string": ["3 1 1 ABCD"],
    "policy-domain": "mx.hoster.test",
    "t": 1,
    "f": 0,
}


@pytest.fixture
def read(tmp_path):
    """Return what the receiver makes of the one report on *results*."""
    now = int(time.time())
    day = now // SECONDS_A_DAY - 1

    def sent_and_read(*results):
        store = Store(tmp_path / "results.db")
        store.add(day, [each for found in results for each in found])
        sending.close(store, OURS, (day + 1) * SECONDS_A_DAY)
        (recipient,) = store.due(now)
        report = store.report(recipient.report)
        sent = letter.written(report, recipient.uri.removeprefix("mailto:"), OURS)
        found = received.read(PROVEN + bytes(sent), THEIRS, now)
        assert (found.reporter, found.begins) == ("example.test", report.period.begin)
        assert found.report_id.partition("@")[0] == report.id
        return found

    return sent_and_read


def test_a_dmarc_report_is_read_back(read):
    """Source, verdict and number of the messages are those that were counted."""
    found = read(dmarc_rows.read(message()), dmarc_rows.read(message()))

    assert (found.kind, found.domain) == ("dmarc", "sender.test")
    assert found.messages == (
        Messages(
            *("192.0.2.9", "www.sender.test", "quarantine", False, True),
            *("local_policy", 2),
        ),
    )


def test_a_tls_report_is_read_back(read):
    """Sessions and failures under MTA-STS and DANE are those that were counted."""
    found = read(
        tls_rows.read(session({"c": 202})),
        tls_rows.read(session(policies=[TLSA])),
    )

    assert found.kind == "tls"
    assert set(found.sessions) == {
        Sessions("sts", "far.test", "*.far.test", 0, 1),
        Sessions("tlsa", "mx.hoster.test", "", 1, 0),
    }
    assert found.failures == (
        Failures("certificate-host-mismatch", "mx.far.test", "self-signed", 1),
    )
