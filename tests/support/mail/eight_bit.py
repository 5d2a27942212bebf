"""Messages with 8-bit text: plain, multipart, signed and encrypted."""

from tests.support.mail.mailbox import Received
from tests.support.mail.message import crlf

TEXT = "Grüße aus Köln,\nbis morgen = übermorgen.   \nZażółć " + "ж" * 60 + "\n"

_PLAIN = f"""\
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{TEXT}"""

_SIGNATURE = """\
Content-Type: application/pkcs7-signature; name=smime.p7s
Content-Transfer-Encoding: base64

MIIB
"""

# A message of another server, enclosed.
_ENCLOSED = f"""\
Content-Type: message/rfc822
Content-Disposition: attachment

DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=a.test; s=s; h=from;
 bh=MTIz; b=MTIz
From: Zoe <zoe@a.test>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
MIME-Version: 1.0
{_PLAIN}"""


def _multipart(kind: str, boundary: str, *parts: str) -> str:
    """Write a multipart without a label of its own, as many programs do."""
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'
    inner = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"{head}{inner}--{boundary}--\n"


_SIGNED = _multipart("signed; micalg=sha-256", "s", _PLAIN, _SIGNATURE)

# From Content-Type on.
CONVERTIBLE = {
    "text": _PLAIN,
    "part of an unlabelled multipart": _multipart("mixed", "m", _PLAIN, _SIGNATURE),
    "enclosed message": _multipart("mixed", "m", "\nSee below.", _ENCLOSED),
    "binary": _PLAIN.replace("8bit", "binary"),
    "two parts, nested": _multipart(
        "mixed", "m", _multipart("alternative", "a", _PLAIN, _PLAIN), _PLAIN
    ),
}
SIGNED_OR_ENCRYPTED = {
    "signed (S/MIME)": _SIGNED,
    "signed (PGP/MIME), labelled": _multipart(
        'signed; protocol="application/pgp-signature"', "s", _PLAIN, "\nsignature"
    ).replace("\n\n", "\nContent-Transfer-Encoding: 8bit\n\n", 1),
    "encrypted": _multipart("encrypted", "e", "\nVersion: 1", _PLAIN),
    "signed, in another multipart": _multipart("mixed", "m", _PLAIN, _SIGNED),
    "signed, in an enclosed message": _multipart(
        "mixed",
        "m",
        "\nSee.",
        f"Content-Type: message/rfc822\n\nFrom: a@b.test\n{_SIGNED}",
    ),
}
UNLABELLED = {
    "octets without a label": f"Content-Type: text/plain\n\n{TEXT}",
    "signed octets without a label": _SIGNED.replace(
        "Content-Transfer-Encoding: 8bit\n", ""
    ),
}
ALL = CONVERTIBLE | SIGNED_OR_ENCRYPTED | UNLABELLED


def message(sender: str, to: str, subject: str, entity: str, *headers: str) -> bytes:
    """Write a message that is *entity*, from its Content-Type on."""
    lines = [
        *headers,
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        "Date: Sat, 28 Nov 2026 10:00:00 +0100",
        f"Message-ID: <{subject.replace(' ', '.')}@example.test>",
        "MIME-Version: 1.0",
    ]
    return ("\n".join(lines) + "\n" + entity).encode()


def content(raw: bytes) -> tuple[list[bytes], bytes]:
    """Take the headers that say how to read *raw*, and its body, to the octet."""
    head, _, body = crlf(raw).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    return [line for line in lines if line.lower().startswith(b"content-")], body


def texts(raw: bytes) -> list[str]:
    """Take the texts of all parts of *raw*, decoded."""
    parts = Received(raw).message.walk()
    return [p.get_content() for p in parts if p.get_content_type() == "text/plain"]
