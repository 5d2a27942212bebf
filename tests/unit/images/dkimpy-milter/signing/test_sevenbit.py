"""What the signing milter takes a message for, where Postfix converts it to 7 bits."""

import re

import pytest
from mail_auth.signing.sevenbit import conversion
from mail_auth.signing.sevenbit.conversion import NotConvertibleError, converted
from mail_auth.signing.sevenbit.header_tokens import encoding, parameters
from mail_auth.signing.sevenbit.quoted_printable import printable

# Headers, by the name that stands for them below.
HEADERS = {
    "eight": "Content-Transfer-Encoding: 8bit\n",
    "quoted": "Content-Transfer-Encoding: quoted-printable\n",
    "seven": "Content-Transfer-Encoding: 7bit\n",
    "mixed": 'Content-Type: multipart/mixed; boundary="m"\n',
    "inner": "Content-Type: multipart/alternative; boundary=i\n",
    "digest": 'Content-Type: multipart/digest; boundary="m"\n',
    "signed": 'Content-Type: multipart/signed; boundary="s"\n',
    "message": "Content-Type: message/rfc822\n",
}

# A message and what Postfix 3.10.13 made of it: mime_state.c with MIME_OPT_DOWNGRADE.
CONVERTED = {
    "text, its label moves": (
        "{eight}Subject: ä\n\nä = ö \n",
        "Subject: ä\n{quoted}\n=C3=A4 =3D =C3=B6=20\n",
    ),
    "binary is a label, too": (
        "Content-Transfer-Encoding: (b) Binary\n\nä\n",
        "{quoted}\n=C3=A4\n",
    ),
    "a folded label": (
        "Content-Transfer-Encoding:\n\t8bit\n\nä\n",
        "{quoted}\n=C3=A4\n",
    ),
    "the last label counts, an earlier one is gone": (
        "{eight}Content-Transfer-Encoding: base64\n\nw6Q=\n",
        "Content-Transfer-Encoding: base64\n\nw6Q=\n",
    ),
    "one part of two": (
        "{mixed}\n--m\n{eight}\nä\n--m\n\nä\n--m--\nä\n",
        "{mixed}\n--m\n{quoted}\n=C3=A4\n--m\n\nä\n--m--\nä\n",
    ),
    "a label of the whole": (
        "{eight}{mixed}\nä\n--m\n\nä\n--m--\n",
        "{mixed}{seven}\nä\n--m\n\nä\n--m--\n",
    ),
    "an enclosed message": (
        "{mixed}\n--m\n{message}{eight}\n{eight}\nä\n--m--\n",
        "{mixed}\n--m\n{message}{seven}\n{quoted}\n=C3=A4\n--m--\n",
    ),
    "the parts of a digest are messages": (
        "{digest}\n--m\n\n{eight}\nä\n--m--\n",
        "{digest}\n--m\n\n{quoted}\n=C3=A4\n--m--\n",
    ),
    "an enclosed message with headers in UTF-8": (
        "Content-Type: message/global\n{eight}\n{eight}\nä\n",
        "Content-Type: message/global\n{quoted}\n{eight}\n=C3=A4\n",
    ),
    "a multipart that never ends, in another": (
        "{mixed}\n--m\n{inner}\n--i\n{eight}\nä\n--m\n\nä\n",
        "{mixed}\n--m\n{inner}\n--i\n{quoted}\n=C3=A4\n--m\n\nä\n",
    ),
    "text in the place of headers": (
        "{mixed}\n--m\n{eight}ä\n--m--\n",
        "{mixed}\n--m\n{quoted}=C3=A4\n--m--\n",
    ),
    "beside what is signed": (
        "{mixed}\n--m\n{eight}\nä\n--m\n{signed}\n--s\n\nä\n--s--\n--m--\n",
        "{mixed}\n--m\n{quoted}\n=C3=A4\n--m\n{signed}\n--s\n\nä\n--s--\n--m--\n",
    ),
}
UNCHANGED = {
    "octets without a label": "Subject: x\n\nä\n",
    "text about it": "Subject: 8bit\n\nContent-Transfer-Encoding: 8bit\nä\n",
    "a quoted label is none": 'Content-Transfer-Encoding: "8bit"\n\nä\n',
    "recoded already": "Content-Transfer-Encoding: base64\n\n8bit\n",
    "signed, without a label": "{signed}\n--s\n\nä 8bit\n--s--\n",
}
SEALED = {
    "signed": "{signed}\n--s\n{eight}\nä\n--s--\n",
    "signed, the whole has the label": "{eight}{signed}\n--s\n\nä\n--s--\n",
    "encrypted": "Content-Type: Multipart/Encrypted; boundary=s\n\n--s\n{eight}\nä\n",
    "a part of a part": "{signed}\n--s\n{mixed}\n--m\n{eight}\nä\n--m--\n--s--\n",
    "in an enclosed message": "{message}\n{signed}\n--s\n{eight}\nä\n",
    "a message in what is signed": "{signed}\n--s\n{message}\n{eight}\nä\n",
    "after another part": "{mixed}\n--m\n{eight}\nä\n--m\n{signed}\n--s\n{eight}\nä\n",
    "a report": "Content-Type: message/delivery-status\n{eight}\nä\n",
}


def _wire(message: str) -> bytes:
    return message.format(**HEADERS).replace("\n", "\r\n").encode()


@pytest.mark.parametrize(("message", "other"), CONVERTED.values(), ids=CONVERTED)
def test_conversion_equals_postfixs(message, other):
    """To the octet, for it is signed before Postfix has made it."""
    assert converted(_wire(message)) == _wire(other)


@pytest.mark.parametrize("message", UNCHANGED.values(), ids=UNCHANGED)
def test_message_that_postfix_leaves_unchanged_is_the_same_object(message):
    """Postfix goes by labels: who gives none gets no second pair of signatures."""
    wire = _wire(message)

    assert converted(wire) is wire


@pytest.mark.parametrize("message", SEALED.values(), ids=SEALED)
def test_signed_or_encrypted_part_is_not_converted(message):
    """Nor what they encrypted: it is bound to its octets (RFC 1847, 2.1)."""
    with pytest.raises(NotConvertibleError, match=r"signed or encrypted|recoded"):
        converted(_wire(message))


def test_text_too_large_to_be_recoded_is_not_converted(monkeypatch):
    """Each octet may take three: there is a limit, and here it is 1 MiB."""
    monkeypatch.setattr(conversion, "_LARGEST", 1 << 20)
    message = _wire("{eight}\n") + (b"\xff" * 76 + b"\r\n") * 5000

    with pytest.raises(NotConvertibleError, match="too large"):
        converted(message)


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("a" * 73, ["a" * 73]),
        ("a" * 74, ["a" * 73 + "=", "a"]),
        ("a" * 72 + "ää", ["a" * 72 + "=C3=", "=A4=C3=A4"]),
        ("a" * 71 + "ää", ["a" * 71 + "=C3=", "=A4=C3=A4"]),
        ("a" * 70 + "ää", ["a" * 70 + "=C3=", "=A4=C3=A4"]),
        ("a" * 72 + " ", ["a" * 72 + "=20"]),
        ("a\t", ["a=09"]),
        ("", [""]),
    ],
)
def test_quoted_printable_lines_break_as_postfixs(line, lines):
    """When they have more than 72 octets and go on; and no blank ends a line."""
    assert printable(line.encode()) == "\r\n".join(lines).encode()


def test_quoted_printable_decodes_to_the_original():
    """Each octet comes back when it is decoded."""
    line = bytes(set(range(256)) - {10, 13})

    text = re.sub(rb"=\r\n", b"", printable(line * 9))

    back = re.sub(rb"=(..)", lambda found: bytes.fromhex(found[1].decode()), text)
    assert back == line * 9


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b' multipart / mixed ; x="a;b" (c;(d)) ; boundary="a\\"b"', b'a"b'),
        (b'multipart/mixed;\n boundary="a \n b"', b"a b"),
        (b"multipart/mixed; boundary=a; boundary=b", b"a"),
    ],
)
def test_boundary_is_read_as_by_postfix(value, found):
    """Comments, quotes and folds (RFC 2045, 5.1) are no part of it."""
    rows = [row for row in parameters(value) if row and row[0].says(b"boundary")]

    assert rows[0][2].text == found


@pytest.mark.parametrize(
    ("value", "found"),
    [(b" 8BIT (x)", b"8bit"), (b'"8bit"', b""), (b"(8bit)", b""), (b"8bit;x", b"8bit")],
)
def test_transfer_encoding_is_read_as_by_postfix(value, found):
    """A comment beside it is no part of it, and a quoted one is none."""
    assert encoding(value) == found
