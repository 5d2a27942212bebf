"""A header of any length arrives whole, or the sender is told."""

import pytest

from tests.support.clients.submission import logged_in
from tests.support.mail.message import crlf, letter, with_header

# Octets: where Postfix would cut a header. With Postfix' own "To:" in front.
LIMIT = 60_000
AUTHOR = "author@outside.test"


def header_of(octets: int, name: str = "To") -> str:
    """Write a folded header with many recipients that has so many *octets*."""
    line = ",\n " + f"a.reader.of.the.list.{'x' * 20}@readers.outside.test"
    header = f"{name}: first@readers.outside.test"
    header += line * ((octets - len(header)) // len(line) - 1)
    rest = octets - len(header) - len(",\n @readers.outside.test")
    return f"{header},\n {'y' * rest}@readers.outside.test"


def with_long(message: bytes, octets: int) -> bytes:
    """Give *message* a header To: of so many *octets*, in place of its own."""
    head, _, body = message.partition(b"\n\n")
    lines = [each for each in head.split(b"\n") if not each.startswith(b"To:")]
    return b"\n".join([*lines, header_of(octets).encode()]) + b"\n\n" + body


def enclosing(to: str, subject: str, inside: bytes) -> bytes:
    """Write a letter that has the message *inside* attached (RFC 2046, 5.2.1)."""
    head, _, _ = letter(AUTHOR, to, subject).partition(b"\n\n")
    kept = b"\n".join(
        each for each in head.split(b"\n") if b"Content-" not in each.partition(b":")[0]
    )
    return (
        kept + b'\nContent-Type: multipart/mixed; boundary="=="\n\n'
        b"--==\nContent-Type: text/plain\n\nSee below.\n"
        b"--==\nContent-Type: message/rfc822\n\n" + inside + b"\n--==--\n"
    )


@pytest.mark.core
def test_a_header_just_below_the_limit_is_complete(
    server, stranger, spammer, bob, subject
):
    """
    A header one octet below 60,000 arrives complete, and its DKIM signature verifies.
    """
    message = with_long(letter(AUTHOR, bob.address, subject), LIMIT - 1)

    reply = spammer.send(bob.address, stranger.sign(message), AUTHOR)
    received = bob.receive(subject)

    assert reply.code == 250
    assert crlf(header_of(LIMIT - 1).encode()) + b"\r\n" in received.raw
    assert "dkim=pass" in received.all("Authentication-Results")[0]


@pytest.mark.core
@pytest.mark.parametrize("octets", [LIMIT, LIMIT + 1, 76_000])
def test_a_header_that_would_be_cut_is_refused(server, spammer, bob, subject, octets):
    """
    A message with a header that Postfix would cut is refused (RFC 5321, 4.5.3.1.9).
    """
    message = with_long(letter(AUTHOR, bob.address, subject), octets)

    reply = spammer.send(bob.address, message, AUTHOR)

    assert str(reply).startswith("552 5.3.4 The message has a header of over 60,000")


def test_a_submitted_header_that_would_be_cut_is_refused(alice, bob, subject):
    """
    A submitted message with a header that would be cut is refused, and the next is
    taken.
    """
    message = letter(alice.address, bob.address, subject)

    with logged_in(alice) as session:
        long = with_long(message, 76_000)
        refused = session.deliver(long, alice.address, [bob.address])
        taken = session.deliver(message, alice.address, [bob.address])

    assert str(refused).startswith("552 5.3.4 The message has a header of over 60,000")
    assert taken.code == 250


def test_a_utf_8_header_is_measured_in_octets(server, spammer, bob, subject):
    """The limit of a UTF-8 header is counted in octets, not in characters."""
    message = letter(AUTHOR, bob.address, subject)
    fits = "X-Note: " + "\n ".join(["字" * 300] * 65)

    for header, code in ((fits, 250), (fits + "\n " + "字" * 500, 552)):
        reply = spammer.send(bob.address, with_header(message, header), AUTHOR)
        assert reply.code == code

    assert crlf(fits.encode()) in bob.receive(subject).raw


@pytest.mark.core
def test_a_long_header_of_an_attached_message_is_complete(
    server, spammer, alice, bob, subject
):
    """A long header of an attached message is not cut, received or submitted."""
    inside = with_long(letter(AUTHOR, "b@outside.test", "inside"), 76_000)
    inward = enclosing(bob.address, f"{subject} in", inside)
    outward = enclosing(bob.address, f"{subject} out", inside)
    outward = outward.replace(AUTHOR.encode(), alice.address.encode(), 1)

    assert spammer.send(bob.address, inward, AUTHOR).code == 250
    with logged_in(alice) as session:
        assert session.deliver(outward, alice.address, [bob.address]).code == 250

    for way in ("in", "out"):
        assert crlf(inside) in bob.receive(f"{subject} {way}").raw


@pytest.mark.core
def test_bcc_and_content_length_of_received_mail_are_kept(
    server, stranger, spammer, bob, subject
):
    """
    Bcc: and Content-Length: of received mail are kept, as a signature may cover them.
    """
    added = (f"Bcc: {bob.address}", "Content-Length: 22", "Resent-Bcc: x@outside.test")
    message = with_header(letter(AUTHOR, "list@outside.test", subject), *added)

    reply = spammer.send(bob.address, stranger.sign(message), AUTHOR)
    received = bob.receive(subject)

    assert reply.code == 250
    assert "dkim=pass" in received.all("Authentication-Results")[0]
    for line in added:
        assert f"{line}\r\n".encode() in received.raw


def test_bcc_of_submitted_mail_is_removed(alice, bob, subject):
    """Bcc: and Resent-Bcc: of submitted mail are removed."""
    message = with_header(
        letter(alice.address, bob.address, subject),
        "Bcc: hidden@outside.test",
        "Resent-Bcc: hidden@outside.test",
    )

    with logged_in(alice) as session:
        reply = session.deliver(message, alice.address, [bob.address])

    assert reply.code == 250
    assert b"hidden@" not in bob.receive(subject).raw


def test_a_forged_x_header_cut_is_removed(server, spammer, alice, bob, subject):
    """
    The header X-Header-Cut, by which our parts mark a message, is removed if forged.
    """
    claim = "X-Header-Cut: yes"
    inward = with_header(letter(AUTHOR, bob.address, f"{subject} in"), claim)
    outward = with_header(letter(alice.address, bob.address, f"{subject} out"), claim)

    assert spammer.send(bob.address, inward, AUTHOR).code == 250
    with logged_in(alice) as session:
        assert session.deliver(outward, alice.address, [bob.address]).code == 250

    for way in ("in", "out"):
        assert b"X-Header-Cut" not in bob.receive(f"{subject} {way}").raw
