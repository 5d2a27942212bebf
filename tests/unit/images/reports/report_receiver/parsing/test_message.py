"""What counts as a report, and what is refused: the parser on whole messages."""

import gzip
import io
import json
import time
import zipfile

import pytest
from report_receiver.configuration import Configuration
from report_receiver.parsing import dmarc as dmarc_parser
from report_receiver.parsing import tls as tls_parser
from report_receiver.parsing import unpacking
from report_receiver.parsing.message import read
from report_receiver.parsing.report import Failures, Messages, RefusedError, Sessions

from tests.support.reports.documents import DAY, dmarc, record, tls
from tests.support.reports.messages import attached, gzip_of_zeros, zipped

OURS = Configuration("mail.example.test", 400, frozenset({"example.test"}))
TO = "dmarc-reports@example.test"

PROVEN = (
    "mail.example.test;\n\tspf=pass (it names this client) smtp.mailfrom=a@x.test;\n"
    "\tdmarc=pass (p=reject dis=none from=proven) header.from=outside.test;\n"
    "\tarc=none (no chain)"
)


def message(data: bytes, label: str = "application/gzip", results: str = PROVEN):
    """Return a message as `dkim-verify` hands it on, with *data* attached."""
    return f"Authentication-Results: {results}\n".encode() + attached(data, label, TO)


def taken(data: bytes, label: str = "application/gzip", results: str = PROVEN):
    """Return the report that is read from such a message."""
    return read(message(data, label, results), OURS, time.time())


def refusal(data: bytes, label: str = "application/gzip", results: str = PROVEN):
    """Return why such a message is refused."""
    with pytest.raises(RefusedError) as refused:
        taken(data, label, results)
    return str(refused.value)


@pytest.mark.parametrize("namespace", ["", "urn:ietf:params:xml:ns:dmarc-2.0"])
def test_a_dmarc_report_says_who_sent_what(namespace):
    """Both RFCs' forms, and rows that are alike are added up."""
    rows = record("192.0.2.1", 2) + record("192.0.2.1", 3)
    rows += record("2001:DB8::1", 7, dkim="fail", spf="fail", disposition="reject")
    document = dmarc("one", rows, namespace=namespace)

    report = taken(document, "text/xml")

    assert report[:5] == ("dmarc", "outside.test", "Outside", "one", "example.test")
    assert report.ends - report.begins == DAY
    assert report.messages == (
        Messages("192.0.2.1", "example.test", "none", True, True, "", 5),
        Messages("2001:db8::1", "example.test", "reject", False, False, "", 7),
    )


def test_a_tls_report_says_how_sessions_fared():
    """By policy and host, and what failed."""
    report = taken(gzip.compress(tls("two")), "application/tlsrpt+gzip")

    assert report[:5] == ("tls", "outside.test", "Outside", "two", "example.test")
    assert report.sessions == (
        Sessions("sts", "example.test", "mail.example.test", 5, 3),
    )
    assert report.failures == (
        Failures("certificate-expired", "mail.example.test", "", 3),
    )


# Reports that are read: what is attached, and what it is labelled as.
READ = {
    "XML": (dmarc("n"), "text/xml"),
    "XML, labelled otherwise": (dmarc("n"), "application/xml"),
    "XML with a byte order mark": (b"\xef\xbb\xbf" + dmarc("n"), "application/xml"),
    "XML in UTF-16": (
        dmarc("n").replace(b"UTF-8", b"UTF-16").decode().encode("utf-16"),
        "text/xml",
    ),
    "gzip": (gzip.compress(dmarc("n")), "application/gzip"),
    "gzip, labelled otherwise": (gzip.compress(dmarc("n")), "application/x-gzip"),
    "gzip, called zip": (gzip.compress(dmarc("n")), "application/zip"),
    "zip": (zipped(("a.xml", dmarc("n"))), "application/zip"),
    "zip, labelled otherwise": (
        zipped(("a.xml", dmarc("n"))),
        "application/x-zip-compressed",
    ),
    "zip, called anything": (
        zipped(("a.xml", dmarc("n"))),
        "application/octet-stream",
    ),
    "zip with a hostile name": (
        zipped(("../../../../etc/passwd", dmarc("n"))),
        "application/zip",
    ),
    "zip with a folder": (
        zipped(("a/", b""), ("a/b.exe", dmarc("n"))),
        "application/zip",
    ),
    "JSON": (tls("n"), "application/tlsrpt+json"),
    "JSON in gzip": (gzip.compress(tls("n")), "application/octet-stream"),
}


@pytest.mark.parametrize("name", READ)
def test_a_packed_or_mislabelled_report_is_read(name):
    """What it is, is seen by its first octets."""
    assert taken(*READ[name]).report_id == "n"


def encrypted() -> bytes:
    """Return a zip file that says it is encrypted."""
    octets = bytearray(zipped(("a.xml", dmarc("n"))))
    octets[6] |= 1
    start = octets.index(b"PK\x01\x02")
    octets[start + 8] |= 1
    return bytes(octets)


def compressed_by(method: int) -> bytes:
    """Return a zip file of an unusual compression."""
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", method) as archive:
        archive.writestr("a.xml", dmarc("n"))
    return octets.getvalue()


LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><feedback>&c;</feedback>'
)
FILE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><feedback>&b;</feedback>'
NOT_OURS = "about other.test, which is not a domain of ours"


# What is refused, and the words for it.
REFUSED = {
    "1 GB in gzip": (gzip_of_zeros(1 << 30), "over 20971520 octets when unpacked"),
    "21 MB in zip": (
        zipped(("a", bytes(21 << 20))),
        "over 20971520 octets when unpacked",
    ),
    "gzip in gzip": (gzip.compress(gzip.compress(b"a")), "an archive in an archive"),
    "zip in zip": (
        zipped(("a.zip", zipped(("b", b"c")))),
        "an archive in an archive",
    ),
    "two files": (
        zipped(("a", b"b"), ("c", b"d")),
        "a zip file with 2 files in it, not one",
    ),
    "no file": (zipped(), "an attachment that is neither XML nor JSON"),
    "encrypted": (encrypted(), "an encrypted or unusual zip file"),
    "bzip2": (
        compressed_by(zipfile.ZIP_BZIP2),
        "a zip file of an unusual compression",
    ),
    "half a gzip": (gzip.compress(dmarc("n"))[:-20], "a gzip file that is cut off"),
    "a broken gzip": (b"\x1f\x8b" + b"broken" * 9, "a broken gzip file"),
    "half a zip": (zipped(("a", dmarc("n")))[:-9], "a broken zip file"),
    "a broken zip": (b"PK\x03\x04" + b"broken" * 9, "a broken zip file"),
    "a program": (b"MZ\x90\x00", "an attachment that is neither XML nor JSON"),
    "nothing": (b"", "an attachment that is neither XML nor JSON"),
    "entities": (LAUGHS, "XML with a DTD or entities"),
    "a file as an entity": (FILE, "XML with a DTD or entities"),
    "a DTD": (
        b"<!DOCTYPE feedback>" + dmarc("n")[39:],
        "XML with a DTD or entities",
    ),
    "half a document": (dmarc("n")[:-9], "broken XML"),
    "another document": (b"<html></html>", "XML that is no DMARC report"),
    "an unknown encoding": (
        b'<?xml version="1.0" encoding="nonsense"?><feedback/>',
        "broken XML",
    ),
    "deep elements": (
        b"<feedback>" + b"<a>" * 999,
        "too many XML elements, or too deep",
    ),
    "no metadata": (b"<feedback></feedback>", "no org_name"),
    "another's domain": (dmarc("n", domain="other.test"), NOT_OURS),
    "a domain that ends like ours": (
        dmarc("n", domain="nexample.test"),
        "about nexample.test, which is not",
    ),
    "no domain": (
        dmarc("n", domain="a b"),
        "policy_published/domain is no domain: a b",
    ),
    "no address": (
        dmarc("n", record(source="here")),
        "source_ip is no address: here",
    ),
    "a negative count": (
        dmarc("n", record(amount=-1)),
        "count is no number from 0 to 1000000000",
    ),
    "an odd disposition": (
        dmarc("n", record(disposition="eat")),
        "disposition is no word of the RFC",
    ),
    "an odd author": (dmarc("n", record(header_from="a^[2Jb")), "header_from"),
    "the future": (dmarc("n", end=time.time() + 9 * DAY), "about a time that is"),
    "the past": (dmarc("n", end=time.time() - 500 * DAY), "about a time that is"),
    "half an object": (b"{", "broken JSON"),
    "deep lists": (b'{"a":' + b"[" * 100_000, "broken JSON"),
    "another object": (b"{}", "JSON that is no TLS report"),
    "too much JSON": (
        b'{"policies": [' + b" " * tls_parser.LARGEST + b"]}",
        "JSON of over",
    ),
    "no policies": (tls("n", policies=[]), "no policies"),
    "an empty policy": (tls("n", policies=[{}]), "policy is no JSON object"),
    "policies that are none": (
        tls("n", policies={}),
        "policies is no list of up to 100",
    ),
    "another's policy": (tls("n", domain="other.test"), NOT_OURS),
    "a number as an id": (tls("n", **{"report-id": 7}), "no report-id"),
    "no time": (tls("n", **{"date-range": {}}), "no start-datetime"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_report_of_ours_is_refused(name):
    """Each in words, and before it takes time or memory."""
    data, reason = REFUSED[name]
    began = time.process_time()

    assert reason in refusal(data)
    assert time.process_time() - began < 5


def test_a_report_has_a_limit_of_records(monkeypatch):
    """More are refused, not cut off."""
    monkeypatch.setattr(dmarc_parser, "MOST_RECORDS", 3)

    assert taken(dmarc("n", record() * 3), "text/xml").messages
    assert "over 3 records" in refusal(dmarc("n", record() * 4), "text/xml")


def test_a_tls_report_has_a_limit_of_failures(monkeypatch):
    """Of all its policies together."""
    monkeypatch.setattr(tls_parser, "MOST_FAILURES", 1)
    policies = json.loads(tls("n"))["policies"]

    assert taken(tls("n", policies=policies), "application/json").failures
    assert "failure-details" in refusal(
        tls("n", policies=policies * 2), "application/json"
    )


def test_no_more_is_unpacked_than_allowed(monkeypatch):
    """The last octet that is allowed is the last one that is made."""
    document = dmarc("n")
    for packed in (gzip.compress(document), zipped(("a", document))):
        monkeypatch.setattr(unpacking, "LARGEST", len(document))
        assert unpacking.unpack(packed) == document
        monkeypatch.setattr(unpacking, "LARGEST", len(document) - 1)
        with pytest.raises(RefusedError, match="when unpacked"):
            unpacking.unpack(packed)


@pytest.mark.parametrize(
    "results",
    [
        PROVEN.replace("mail.example.test", "mail.other.test"),
        PROVEN.replace("from=proven", "from=unproven"),
        PROVEN.replace("dmarc=pass", "xdmarc=pass"),
        "mail.example.test; none",
        "",
    ],
)
def test_a_report_that_is_not_authenticated_is_refused(results):
    """Only our own verifier's word counts."""
    assert refusal(dmarc("n"), "text/xml", results) == (
        "not authenticated, as if from: noreply@outside.test"
    )


def test_a_report_of_our_own_is_proven_without_a_policy():
    """As report-sender and dkim-verify write it for a domain without one."""
    results = "mail.example.test; dmarc=none (p=absent dis=none from=proven)"

    report = taken(dmarc("n"), "text/xml", f"{results} header.from=example.test")

    assert report.reporter == "example.test"


def test_the_reporter_is_who_is_proven():
    """Not who the report says it is from."""
    document = dmarc("n").replace(b"<org_name>Outside<", b"<org_name>google.com<")

    report = taken(document, "text/xml")

    assert (report.reporter, report.organization) == ("outside.test", "google.com")


def test_control_characters_are_not_kept():
    """A terminal shows these words."""
    document = tls("n", **{"organization-name": "A\x1b[31mB\r\n\u202eC" + "x" * 999})

    report = taken(document, "application/json")

    assert report.organization.startswith("A [31mB C")
    assert report.organization.isprintable()
    assert len(report.organization) == 255


def test_a_message_without_an_attachment_is_refused():
    """And one with more parts than are looked at."""
    plain = b"Authentication-Results: " + PROVEN.encode() + b"\nFrom: a@b.test\n\nHi\n"
    head = plain[: plain.index(b"From:")]
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n)
        for n in range(5000)
    )

    for octets, reason in (
        (plain, "no attachment that may be a report"),
        (head + nested, "parts within parts without end"),
    ):
        with pytest.raises(RefusedError, match=reason):
            read(octets, OURS, time.time())
