"""Headers longer than a line are folded before they are signed, or refused."""

import re

import aiosmtplib
import pytest

from tests.support.dkim.signatures import records_to_publish, signatures
from tests.support.harness.tiers import core_rows
from tests.support.mail.mailbox import Received
from tests.support.mail.message import crlf, letter, with_header
from tests.support.world.sink import Sink

IDS = " ".join(f"<{number}.{'x' * 30}@example.test>" for number in range(30))
ADDRESSES = ", ".join(f"Somebody <{number}@example.test>" for number in range(60))
WORD = "w" * 990

# Headers on top of a letter that has none of these names.
LONG = {
    "References": [f"References: {IDS}"],
    "Cc": [f"Cc: {ADDRESSES}", f"Reply-To: {ADDRESSES}"],
    "Received": [f"Received: from a by b{' (c)' * n}; today" for n in (1, 400, 2, 300)],
    "one name, many fields": [
        *("X-Same: one", f"x-same: {IDS}", "X-Same:two", f"X-SAME:\t{ADDRESSES}"),
        *("X-Other: three", f"X-Same: {IDS}"),
    ],
    "a signature of others": [
        f"DKIM-Signature: v=1; a=rsa-sha256; d=a.test; s=s; h=from; z={'x ' * 600}; b=x"
    ],
    "folded before": [f"X-Folded: one,\n {IDS},\n\tthree"],
    "a word that fits a line of its own": [f"X-Long-Name: {WORD}"],
    "UTF-8": [f"Comments: {'Grüße aus Köln ' * 90}end"],
    "50,000 octets": [f"X-Many: {'word ' * 10_000}end"],
    "runs of blanks, and at the end": [f"X-Blanks: {'a   ' * 300}\t\tb  "],
}


@pytest.fixture(scope="module")
def records(server, alice) -> dict[str, str]:
    """Read the DNS records to publish, once."""
    return records_to_publish(server)


def fields(raw: bytes) -> list[bytes]:
    """Take the headers of a message apart, each with its line breaks."""
    head, _, _ = crlf(raw).partition(b"\r\n\r\n")
    return re.split(rb"\r\n(?![ \t])", head)


def unfolded(raw: bytes) -> list[bytes]:
    """Take the headers apart, and the line breaks out (RFC 5322, 2.2.3)."""
    return [field.replace(b"\r\n", b"") for field in fields(raw)]


def assert_folded(raw: bytes, sent: bytes, records: dict[str, str]) -> None:
    """Expect the headers that were *sent*, in their order, and nothing but folds."""
    lines = crlf(raw).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(len(line) for line in lines) <= 998
    assert all(line.strip() for line in lines)
    assert unfolded(raw)[-len(fields(sent)) :] == unfolded(sent)
    found = signatures(Received(raw), records)
    assert [each.valid for each in found if each.domain == "example.test"] == [True] * 2


@pytest.mark.parametrize("name", core_rows(LONG, "References"))
def test_a_long_header_is_folded_before_it_is_signed(
    alice, bob, records, subject, name
):
    """
    A long header is folded to lines of at most 998 octets, and the signatures verify.

    Each header keeps its place and its text: line breaks are added before blanks.
    """
    sent = with_header(letter(alice.address, bob.address, subject), *LONG[name])

    alice.send(bob.address, message=sent)

    assert_folded(bob.receive(subject).raw, sent, records)


def test_another_server_gets_folded_headers_unchanged(
    server, sinks, alice, records, subject
):
    """
    Another server gets folded headers as they were signed, as Postfix folds no more.
    """
    sink = Sink(server.project, "sink-plain", "plain.test")
    headers = [line for name in ("References", "Cc", "Received") for line in LONG[name]]
    sent = with_header(letter(alice.address, "a@plain.test", subject), *headers)

    alice.send("a@plain.test", message=sent, port=465)

    assert_folded(sink.receive(subject).message, sent, records)


def test_a_short_header_is_not_refolded(alice, bob, records, subject):
    """A short header beside a long one keeps its own line breaks."""
    short = ["X-Short: one,\n\ttwo,\n   three", f"X-Fits: {'w ' * 494}w"]
    message = letter(alice.address, bob.address, subject)
    sent = with_header(message, *short, *LONG["References"])

    alice.send(bob.address, message=sent)

    raw = bob.receive(subject).raw
    assert fields(raw)[-len(fields(sent)) :][:2] == fields(sent)[:2]
    assert_folded(raw, sent, records)


@pytest.mark.parametrize(
    "line",
    [
        f"X-Long: {'w' * 1000}",
        f"X-Long: {IDS} {'w' * 1000} {IDS}",
        f"X-Latin: {IDS}ä",
        f"X-Longer: {'word ' * 11_990}",
    ],
    ids=["a word", "a word among others", "not UTF-8", "too long when folded"],
)
def test_a_header_that_can_not_be_folded_is_refused(alice, bob, subject, line):
    """
    A header with a word over 998 octets, or in an unknown charset, is refused with 550.

    So is one that would be over 60,000 octets when folded: Postfix would cut it.
    """
    message = letter(alice.address, bob.address, subject)

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        alice.send(bob.address, message=f"{line}\n".encode("latin-1") + message)

    assert refused.value.code == 550
    assert "5.6.0 Line" in refused.value.message
    assert "of the headers has" in refused.value.message


def test_a_long_header_of_a_mime_part_is_refused(alice, bob, subject):
    """
    A long header of a MIME part is refused, as folding could break others' signatures.
    """
    head = letter(alice.address, bob.address, subject).partition(b"\n\n")[0]
    head = re.sub(rb"(?m)^Content-.*\n?", b"", head).rstrip()
    part = f"--b\nContent-Description: {IDS}\n\ntext\n--b--\n".encode()
    kind = b"\nContent-Type: multipart/mixed; boundary=b\n\n"

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        alice.send(bob.address, message=head + kind + part)

    assert "of the text has" in refused.value.message
