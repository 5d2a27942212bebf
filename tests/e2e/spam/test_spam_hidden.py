"""
Spam is found in attachments, HTML and encodings, in the first 512 KiB of a message.
"""

from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from tests.support.mail.message import GTUBE, blank

pytestmark = pytest.mark.core

# What spam-milter.conf says: the rest of a message is not scanned.
SCANNED = 524_288


def in_the_body(message: EmailMessage) -> None:
    """As it is."""
    message.set_content(GTUBE)


def in_quoted_printable(message: EmailMessage) -> None:
    """With every octet written as a number."""
    message.set_content("")
    message.replace_header("Content-Transfer-Encoding", "quoted-printable")
    message.set_payload("=\n".join(f"={ord(each):02X}" for each in GTUBE.strip()))


def in_base64(message: EmailMessage) -> None:
    """As most programs send what is not plain ASCII."""
    message.set_content(GTUBE, cte="base64")


def in_utf16(message: EmailMessage) -> None:
    """In an encoding of two octets a letter."""
    message.set_content(GTUBE, charset="utf-16be", cte="base64")


def in_html(message: EmailMessage) -> None:
    """Between tags, and with entities for some letters."""
    text = GTUBE.strip().replace("X", "&#88;")
    message.set_content(f"<html><body><p>Hello<b>{text}</b></body></html>", "html")


def in_an_attachment(message: EmailMessage) -> None:
    """In a text file that comes along."""
    message.set_content("See the file.\n")
    message.add_attachment(GTUBE, filename="offer.txt", cte="base64")


def in_a_forwarded_message(message: EmailMessage) -> None:
    """In a message inside the message."""
    inner = blank("b@outside.test", "as I said")
    inner.set_content(GTUBE)
    message.set_content("What do you say to this?\n")
    message.add_attachment(inner)


def behind_fifteen_parts(message: EmailMessage) -> None:
    """Deep in nested multiparts. Below twenty spamd reads no text, and says so."""
    part: MIMEBase = MIMEText(GTUBE)
    for _ in range(15):
        outer = MIMEMultipart()
        outer.attach(part)
        part = outer
    message.make_mixed()
    message.attach(part)


PLACES = [
    in_the_body,
    in_quoted_printable,
    in_base64,
    in_utf16,
    in_html,
    in_an_attachment,
    in_a_forwarded_message,
    behind_fifteen_parts,
]


@pytest.mark.parametrize("hide", PLACES)
def test_spam_is_found_in_every_part_and_encoding(spammer, alice, subject, hide):
    """
    Spam is found in attachments, HTML, base64 and other encodings.

    The answer names the score, the limit, and whom to tell of a mistake.
    """
    message = blank(alice.address, subject)
    hide(message)

    reply = spammer.send(alice.address, message.as_bytes())

    assert reply.code == 550
    assert "5.7.1 Message refused: spam score " in str(reply)
    assert "limit 15.0" in str(reply)
    assert "postmaster@example.test" in str(reply)


@pytest.mark.parametrize(("before", "code"), [(0.9, 550), (1.1, 250)])
def test_the_first_half_mib_of_a_large_message_is_scanned(
    spammer, alice, subject, before, code
):
    """
    Of a large message the first half MiB is scanned.

    The test puts a picture first, as spamd reads only 50 kB of each text.
    """
    message = blank(alice.address, subject)
    message.set_content("See the files.\n")
    picture = bytes(int(before * SCANNED * 3 / 4 / 1.02))
    message.add_attachment(picture, "image", "png", filename="a.png")
    message.add_attachment(GTUBE, filename="offer.txt")
    message.add_attachment(bytes(3_000_000), "image", "png", filename="b.png")

    assert spammer.send(alice.address, message.as_bytes()).code == code
