"""What is counted is reported once: when a day is over, and whatever is killed."""

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from report_sender.counting.results import SECONDS_A_DAY
from report_sender.counting.store import MOST_OF_A_DOMAIN, MOST_POLICIES, Store
from report_sender.delivery.submission import RefusedError
from report_sender.dmarc import rows as dmarc_rows
from report_sender.service import sending
from report_sender.service.schedule import last_end
from report_sender.tls import rows as tls_rows

from tests.support.images.report_rows import OURS, message, session
from tests.support.images.zone import Zone

DAY = 20_000
MIDNIGHT = (DAY + 1) * SECONDS_A_DAY
_PROOF = (
    "mail.example.test; dmarc=none (p=absent dis=none from=proven)"
    " header.from=example.test"
)


class Postfix:
    """Takes messages, or does to them what it is told to."""

    def __init__(self, *faults):
        self.faults = [*faults]
        self.taken = []

    def __call__(self, letter, recipient):
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault
        self.taken.append((recipient, letter))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results.db")


def _send(store, postfix, names=None, ours=OURS):
    return sending.send(store, ours, Zone(names or {}).resolver, postfix)


def _counts(letter):
    (part,) = letter.iter_attachments()
    text = gzip.decompress(part.get_content()).decode()
    return [int(each.partition("<")[0]) for each in text.split("<count>")[1:]]


def test_a_day_makes_one_report_and_it_is_sent_once(store):
    """Equal messages are counted; the message is as RFC 9990 wants it."""
    postfix = Postfix()
    store.add(DAY, dmarc_rows.read(message()) * 3)
    store.add(DAY, dmarc_rows.read(message()))
    store.add(DAY, dmarc_rows.read(message(source="192.0.2.10")))

    sending.close(store, OURS, MIDNIGHT)
    sending.close(store, OURS, MIDNIGHT)
    assert _send(store, postfix)
    assert _send(store, postfix)

    ((recipient, letter),) = postfix.taken
    assert recipient == letter["To"] == "r@sender.test"
    assert _counts(letter) == [1, 4]
    (part,) = letter.iter_attachments()
    report_id = letter["Message-ID"][1:].partition(".")[0]
    assert report_id.isalnum()
    assert letter["Subject"] == (
        f"Report Domain: sender.test Submitter: example.test Report-ID: <{report_id}>"
    )
    assert part.get_content_type() == "application/gzip"
    assert part.get_filename() == (
        f"example.test!sender.test!{DAY * SECONDS_A_DAY}!{MIDNIGHT - 1}!{report_id}"
        ".xml.gz"
    )
    assert f"<report_id>{report_id}<" in gzip.decompress(part.get_content()).decode()
    assert letter["From"].addresses[0].addr_spec == "postmaster@example.test"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["TLS-Required"] is None


def test_a_tls_report_is_a_message_of_its_own_kind(store):
    """RFC 8460, section 5.3; it gets through where encryption fails (RFC 8689)."""
    postfix = Postfix()
    store.add(DAY, tls_rows.read(session({})))

    sending.close(store, OURS, MIDNIGHT)
    _send(store, postfix)

    ((recipient, letter),) = postfix.taken
    (part,) = letter.iter_attachments()
    report = json.loads(gzip.decompress(part.get_content()))
    assert recipient == "t@far.test"
    assert letter.get_content_type() == "multipart/report"
    assert letter.get_param("report-type") == "tlsrpt"
    assert part.get_content_type() == "application/tlsrpt+gzip"
    assert part.get_filename().endswith(".json.gz")
    assert letter["TLS-Report-Domain"] == "far.test"
    assert letter["TLS-Report-Submitter"] == "example.test"
    assert letter["TLS-Required"] == "No"
    assert f"Report-ID: <{report['report-id']}>" in letter["Subject"]


@pytest.mark.parametrize("host", ["second.test", "sender.test"])
def test_only_mail_to_ourselves_says_that_it_is_proven(store, host):
    """No filter of ours sees it; what others say of it is theirs."""
    postfix = Postfix()
    policy = {"domain": host, "rua": [f"mailto:r@{host}"]}
    store.add(DAY, dmarc_rows.read(message(policy)))
    sending.close(store, OURS, MIDNIGHT)

    _send(store, postfix)

    ((_, letter),) = postfix.taken
    found = letter.get_all("Authentication-Results", [])
    assert found == ([_PROOF] if host == "second.test" else [])


def test_what_is_not_over_is_not_reported(store):
    """Today's rows wait for the end of the day; yesterday's, if it was missed, go."""
    store.add(DAY, dmarc_rows.read(message()))
    store.add(DAY + 1, dmarc_rows.read(message()))

    sending.close(store, OURS, DAY * SECONDS_A_DAY)
    assert store.due(MIDNIGHT) == []
    sending.close(store, OURS, MIDNIGHT)
    assert len(store.due(MIDNIGHT)) == 1
    sending.close(store, OURS, MIDNIGHT + SECONDS_A_DAY)
    assert len(store.due(MIDNIGHT)) == 2


def test_due_is_a_day_that_is_over_or_a_report_on_its_way(store):
    """The sender starts for those, and has nothing to do else."""
    store.add(DAY, dmarc_rows.read(message()))
    assert not store.has_due(DAY * SECONDS_A_DAY, MIDNIGHT)
    assert store.has_due(MIDNIGHT, MIDNIGHT)

    sending.close(store, OURS, MIDNIGHT)
    assert store.has_due(MIDNIGHT, MIDNIGHT)

    _send(store, Postfix())
    assert not store.has_due(MIDNIGHT, MIDNIGHT)


def test_parts_of_a_day_do_not_overlap(store):
    """Who ends the day at noon gets the afternoon in another report."""
    noon = MIDNIGHT - SECONDS_A_DAY // 2
    store.add(DAY, dmarc_rows.read(message()))
    sending.close(store, OURS, noon)
    store.add(DAY, dmarc_rows.read(message()))
    # The schedule looks for the end of the day before.
    sending.close(store, OURS, DAY * SECONDS_A_DAY)
    sending.close(store, OURS, MIDNIGHT)

    periods = {store.report(each.report).period for each in store.due(MIDNIGHT)}

    assert periods == {(DAY * SECONDS_A_DAY, noon - 1), (noon, MIDNIGHT - 1)}


def test_what_was_sent_before_a_kill_is_not_sent_again(store):
    """Each recipient is crossed off by itself, on disk."""
    two = {"rua": ["mailto:a@sender.test", "mailto:b@sender.test"]}
    store.add(DAY, dmarc_rows.read(message(two)))
    sending.close(store, OURS, MIDNIGHT)
    first, second = Postfix(None, KeyboardInterrupt()), Postfix()

    with pytest.raises(KeyboardInterrupt):
        _send(store, first)
    _send(store, second)

    assert [recipient for recipient, _ in first.taken] == ["a@sender.test"]
    assert [recipient for recipient, _ in second.taken] == ["b@sender.test"]


def test_a_kill_while_a_report_is_made_loses_nothing(store, monkeypatch):
    """The report is there and the rows are gone, or neither."""
    store.add(DAY, dmarc_rows.read(message()))
    with monkeypatch.context() as patched:
        patched.setattr(sending, "_made", _killed)
        with pytest.raises(KeyboardInterrupt):
            sending.close(store, OURS, MIDNIGHT)
    postfix = Postfix()

    sending.close(store, OURS, MIDNIGHT)
    _send(store, postfix)

    assert len(postfix.taken) == 1


def _killed(*_, **__):
    raise KeyboardInterrupt


def test_a_kill_between_report_and_rows_loses_nothing(store, tmp_path):
    """As above, once the report and its recipients are written down."""
    store.add(DAY, dmarc_rows.read(message()))
    with closing(sqlite3.connect(tmp_path / "results.db")) as database:
        database.execute(
            "CREATE TRIGGER kill BEFORE DELETE ON results"
            " BEGIN SELECT RAISE(ABORT, 'killed'); END"
        )
        with pytest.raises(sqlite3.IntegrityError, match="killed"):
            sending.close(store, OURS, MIDNIGHT)
        database.execute("DROP TRIGGER kill")

    sending.close(store, OURS, MIDNIGHT)

    assert len(store.due(MIDNIGHT)) == 1


def test_what_is_sent_again_has_the_same_names(store):
    """Postfix may have taken it before the connection broke (RFC 9990, 3.5.2)."""
    store.add(DAY, dmarc_rows.read(message()))
    sending.close(store, OURS, MIDNIGHT)
    seen = []

    def breaks(letter, recipient):
        seen.append(letter)
        raise OSError("connection lost")

    assert not _send(store, breaks)
    assert not _send(store, breaks)

    assert (
        bytes(seen[0]).partition(b"boundary")[0]
        == bytes(seen[1]).partition(b"boundary")[0]
    )
    names = {next(each.iter_attachments()).get_filename() for each in seen}
    assert len(names) == 1


def test_nothing_is_lost_while_postfix_is_down(store):
    """And what it refuses for good is not offered again."""
    store.add(DAY, dmarc_rows.read(message()))
    sending.close(store, OURS, MIDNIGHT)
    postfix = Postfix(OSError("no such file"), RefusedError("550 no"), None)

    assert [_send(store, postfix) for _ in range(3)] == [False, True, True]

    assert postfix.taken == []
    assert store.due(MIDNIGHT) == []


def test_a_silent_name_server_puts_a_report_off(store, monkeypatch):
    """Until the hour is over; after a day it is given up."""
    store.add(DAY, dmarc_rows.read(message({"rua": ["mailto:r@other.test"]})))
    sending.close(store, OURS, MIDNIGHT)
    names = {"sender.test._report._dmarc.other.test": Zone.SILENT}
    postfix = Postfix()
    now = int(datetime.now(UTC).timestamp())

    assert _send(store, postfix, names)
    assert store.due(now) == []
    assert [each.tries for each in store.due(now + 3_700)] == [1]

    monkeypatch.setattr(sending, "_PAUSE", 0)
    monkeypatch.setattr(sending, "_MOST_TRIES", 2)
    for each in store.due(now + 3_700):
        store.put_off(each, 0)
    assert _send(store, postfix, names)
    assert store.due(now + 1_000_000) == []
    assert postfix.taken == []


@pytest.mark.parametrize("fault", ["making", "sending"])
def test_no_domain_keeps_the_others_from_their_reports(store, monkeypatch, fault):
    """Whatever is wrong with one of them, and that for ever."""
    for domain in ("a.test", "b.test", "c.test"):
        policy = {"domain": domain, "rua": [f"mailto:r@{domain}"]}
        store.add(DAY, dmarc_rows.read(message(policy)))
    at, name = {
        "making": (sending, "_made"),
        "sending": (sending.letter, "written"),
    }[fault]
    real = getattr(at, name)

    def faulty(what, *arguments, **named):
        if what.domain == "b.test":
            raise ValueError("a fault of ours")
        return real(what, *arguments, **named)

    monkeypatch.setattr(at, name, faulty)
    postfix = Postfix()

    for _ in range(2):
        sending.close(store, OURS, MIDNIGHT)
        assert _send(store, postfix)

    assert {recipient for recipient, _ in postfix.taken} == {"r@a.test", "r@c.test"}
    assert len(postfix.taken) == 2


@pytest.mark.parametrize(
    "uri",
    [
        *("mailto:r@other.test", "https://sender.test/r", "mailto:r@sender.test!10"),
        "file:///etc/passwd",
    ],
)
def test_nothing_is_sent_to_who_does_not_want_it(store, uri):
    """Not to strangers, not over the web, and no more than the size that is named."""
    store.add(DAY, dmarc_rows.read(message({"rua": [uri]})))
    sending.close(store, OURS, MIDNIGHT)
    postfix = Postfix()

    assert _send(store, postfix)

    assert postfix.taken == []
    assert store.due(MIDNIGHT) == []


def test_a_kind_that_is_turned_off_is_forgotten(store):
    """With DMARC_REPORTS=no; a report that is made is sent, still."""
    ours = OURS._replace(dmarc=False)
    store.add(DAY, dmarc_rows.read(message()))

    sending.close(store, ours, MIDNIGHT)
    sending.close(store, OURS, MIDNIGHT)

    assert store.due(MIDNIGHT) == []


def test_a_stranger_can_not_fill_the_disk(store, monkeypatch):
    """Rows that differ have limits, and policies; what is known counts on."""
    monkeypatch.setattr("report_sender.counting.store.MOST_OF_A_DOMAIN", 20)
    many = [
        result
        for n in range(30)
        for result in dmarc_rows.read(message(header_from=f"{n}.sender.test"))
    ]

    assert store.add(DAY, many) == 10
    assert store.add(DAY, many[:20]) == 0
    assert MOST_OF_A_DOMAIN > 20

    others = [
        result
        for n in range(MOST_POLICIES + 2)
        for result in dmarc_rows.read(message({"domain": "x.test", "fo": str(n)}))
    ]
    assert store.add(DAY, others) == 2

    monkeypatch.setattr("report_sender.counting.store.MOST", 25)
    assert store.add(DAY, dmarc_rows.read(message({"domain": "new.test"}))) == 1
    assert store.add(DAY, many[:1]) == 0


@pytest.mark.parametrize(
    ("now", "delay", "end"),
    [
        (MIDNIGHT - 1, 0, MIDNIGHT - SECONDS_A_DAY),
        (MIDNIGHT, 0, MIDNIGHT),
        (MIDNIGHT + 599, 600, MIDNIGHT - SECONDS_A_DAY),
        (MIDNIGHT + 600.5, 600, MIDNIGHT),
        (MIDNIGHT + 3 * SECONDS_A_DAY, 600, MIDNIGHT + 2 * SECONDS_A_DAY),
    ],
)
def test_a_day_ends_some_minutes_after_midnight(now, delay, end):
    """In UTC, and not for all servers at once."""
    assert last_end(now, delay) == end
