"""What spamd is given is the message as it came, and who it came from."""

import re

import pytest
from spam_milter.milter.message import Client, TruncatedMessage, header, results, trace

CLIENT = Client(name="mail.test", address="192.0.2.7", helo="helo.test")


def test_received_header_equals_postfixs():
    """SpamAssassin finds name, address, HELO, queue id and envelope sender."""
    top = trace(CLIENT, "mx.example.org", "4ABC", "<a+b=c@mail.test>")

    assert re.fullmatch(
        rb"X-Envelope-From: <a\+b=c@mail\.test>\r\n"
        rb"Received: from helo\.test \(mail\.test \[192\.0\.2\.7\]\)\r\n"
        rb"\tby mx\.example\.org \(Postfix\) with ESMTP id 4ABC;\r\n"
        rb"\t\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n",
        top,
    )


def test_an_ipv6_client_over_tls_is_told_as_such():
    """The address carries its prefix, the protocol its S."""
    client = Client(address="2001:db8::7", helo="h", tls=True)

    top = trace(client, "mx", "Q", "<>")

    assert b"(unknown [IPv6:2001:db8::7])" in top
    assert b"with ESMTPS id Q" in top


def test_a_bounce_has_an_empty_sender():
    """The null sender stays recognisable: rules on bounces depend on it."""
    assert trace(CLIENT, "mx", "Q", "<>").startswith(b"X-Envelope-From: <>\r\n")


@pytest.mark.parametrize(
    "helo", ["x (trusted [127.0.0.1])", "a\r\nReceived: from b", "\udcff", "a" * 9999]
)
def test_helo_cannot_forge_the_received_header(helo: str):
    """Whatever a client says in HELO, it stays one word of one header."""
    client = Client(name="n", address="192.0.2.7", helo=helo)

    lines = trace(client, "mx", "Q", "<a@b>").split(b"\r\n")

    assert len(lines) == 5
    assert re.fullmatch(rb"Received: from \S{1,255} \(n \[192\.0\.2\.7\]\)", lines[1])


def test_a_message_without_a_client_address_has_no_received_header():
    """A Received header with an invented address would be worse than none."""
    assert trace(Client(), "mx", "Q", "<a@b>") == b"X-Envelope-From: <a@b>\r\n"


def test_a_header_keeps_its_bytes_and_folds():
    """White space, folds and bytes that are no text survive: signatures cover them."""
    assert header("X-Odd", b"  a\xff\n\tb\r\n c ") == b"X-Odd:  a\xff\r\n\tb\r\n c \r\n"


def test_a_copy_ends_at_its_limit():
    """No more is held in memory than will be scanned."""
    copy = TruncatedMessage(limit=5)

    for data in (b"abc", b"def", b"ghi"):
        copy.add(data)

    assert copy.pieces == [b"abc", b"de"]
    assert copy.size == 5
    assert copy.full


def test_a_copy_with_room_is_not_full():
    """The rest of the message is asked for as long as there is room."""
    copy = TruncatedMessage(limit=5)

    copy.add(b"abcd")

    assert not copy.full


def test_own_authentication_results_are_found():
    """The header of dkim-verify is repeated, as one line, where spamd trusts it."""
    value = b" mail.test;\n\tspf=pass smtp.mailfrom=a.test;\n\tdkim=none"

    line = results("Authentication-results", value, "Mail.test")

    assert line == (
        b"Authentication-Results:"
        b" mail.test; spf=pass smtp.mailfrom=a.test; dkim=none\r\n"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authentication-Results", b" other.test; spf=pass"),
        ("Authentication-Results", b" mail.test.evil; spf=pass"),
        ("Authentication-Results", b" (mail.test) evil; spf=pass"),
        ("Authentication-Results", b""),
        ("ARC-Authentication-Results", b" mail.test; spf=pass"),
        ("Subject", b" mail.test; spf=pass"),
    ],
)
def test_foreign_authentication_results_are_ignored(name: str, value: bytes):
    """Only what bears our name counts."""
    assert results(name, value, "mail.test") == b""
