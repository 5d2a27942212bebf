"""Malformed SMTP dialogues, and the codes that answer them."""

from dataclasses import dataclass

from .raw import HANDSHAKE, Step

EHLO = b"EHLO client.invalid\r\n"
MAIL = b"MAIL FROM:<a@outside.test>\r\n"
RCPT = b"RCPT TO:<alice@example.test>\r\n"
DATA = b"DATA\r\n"

CLIENT_HELLO = b"\x16\x03\x01\x00\xc4\x01\n\x00\xc0\x03\x03" + b"\x55" * 190
PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\1\2\3\4\5\6\7\x08\0\1\0\x19"


@dataclass(frozen=True)
class Case:
    """A malformed dialogue, and the codes that answer it, a repeated one once."""

    codes: list[int]
    steps: tuple[Step, ...]


def case(*said: int | Step) -> Case:
    """Make a case of the codes expected and the steps that lead to them."""
    codes = [each for each in said if isinstance(each, int)]
    return Case(codes, tuple(each for each in said if not isinstance(each, int)))


def mail(parameter: bytes) -> bytes:
    """MAIL with a *parameter* of an extension."""
    return MAIL.replace(b"\r\n", b" " + parameter + b"\r\n")


def rcpt(address: bytes) -> bytes:
    """RCPT with an *address* between the brackets."""
    return b"RCPT TO:<" + address + b">\r\n"


# Sent before EHLO.
BEFORE_EHLO = {
    "MAIL before EHLO": case(503, MAIL),
    "EHLO without a name": case(501, b"EHLO\r\n"),
    "LHLO": case(500, b"LHLO client.invalid\r\n"),
    "EHLO of 10 MB": case(554, b"EHLO " + b"x" * 10_000_000),
    "HTTP GET": case(221, b"GET / HTTP/1.1\r\nHost: mail\r\n\r\n"),
    "HTTP POST": case(221, b"POST / HTTP/1.1\r\n\r\n"),
    "HTTP CONNECT": case(221, b"CONNECT mx.outside.test:25 HTTP/1.1\r\n\r\n"),
    "TLS from the first byte": case(221, CLIENT_HELLO),
    "SSH": case(500, b"SSH-2.0-OpenSSH_9.9\r\n"),
    "PROXY header": case(
        *(500, 250, 554),
        b"PROXY TCP4 127.0.0.1 127.0.0.1 1 25\r\n",
        *(EHLO, MAIL, rcpt(b"stranger@outside.test")),
    ),
    "PROXY header, binary": case(500, 554, PROXY_2),
    "not a word": case(),
    "half a word": case(b"EHL"),
}

# Sent after EHLO.
AFTER_EHLO = {
    "RCPT before MAIL": case(503, RCPT),
    "DATA before MAIL": case(503, DATA),
    "DATA before RCPT": case(250, 554, MAIL, DATA),
    "MAIL twice": case(250, 503, MAIL, MAIL),
    "EHLO forgets MAIL": case(250, 503, MAIL, EHLO, RCPT),
    "RSET forgets MAIL": case(250, 503, MAIL, b"RSET\r\n", RCPT),
    "DATA cut off": case(250, 354, MAIL, RCPT, DATA, b"Subject: cut off\r\n\r\nhal"),
    "DATA without its last dot": case(
        250, 354, MAIL, RCPT, DATA, b"Subject: cut off\r\n\r\nwhole\r\n.\r"
    ),
    "unknown command": case(500, b"FROBNICATE\r\n"),
    "empty line": case(500, b"\r\n"),
    "blank line": case(500, b"   \r\n"),
    "500 empty lines": case(500, 421, b"\r\n" * 500),
    "10,000 RSETs": case(250, 421, b"RSET\r\n" * 10_000),
    "300 NOOPs": case(250, 421, *[b"NOOP\r\n"] * 300),
    "40 unknown users": case(250, 550, 421, MAIL, rcpt(b"nobody@example.test") * 40),
    "NOOP of 3 kB": case(250, b"NOOP " + b"x" * 3_000 + b"\r\n"),
    "NOOP of 100 kB": case(554, b"NOOP " + b"x" * 100_000 + b"\r\n"),
    "address of 3 kB": case(501, b"MAIL FROM:<" + b"x" * 3_000 + b"@outside.test>\r\n"),
    "10 MB without a line end": case(500, 421, b"x" * 10_000_000),
    "NUL in a command": case(500, b"NO\0OP\r\n"),
    "5,000 NULs": case(500, b"\0" * 5_000 + b"\r\n"),
    "NUL in an address": case(
        250, 501, MAIL, rcpt(b"alice@example.test\0@outside.test")
    ),
    "8-bit command": case(500, b"NO\xffOP\r\n"),
    "8-bit address": case(500, b"MAIL FROM:<\xff\xfe@outside.test>\r\n"),
    "BDAT -1": case(250, 521, MAIL, RCPT, b"BDAT -1\r\n"),
    "BDAT x": case(250, 521, MAIL, RCPT, b"BDAT x\r\n"),
    "BDAT of 2^64": case(250, 521, MAIL, RCPT, b"BDAT 18446744073709551616\r\n"),
    "BDAT of less than said": case(250, 521, MAIL, RCPT, b"BDAT 99999999 LAST\r\nx"),
    "200,000 BDATs": case(250, 521, MAIL, RCPT, b"BDAT 1\r\nx" * 200_000),
    "SIZE=-1": case(501, mail(b"SIZE=-1")),
    "SIZE=": case(501, mail(b"SIZE=")),
    "SIZE over 2^64": case(552, mail(b"SIZE=99999999999999999999")),
    "unknown parameter": case(555, mail(b"FOO=BAR")),
    "400 parameters": case(555, mail(b"X=1 " * 400)),
    "BINARYMIME": case(555, mail(b"BODY=BINARYMIME")),
    "DSN wished": case(501, mail(b"RET=FULL")),
    "bracket left open": case(501, b"MAIL FROM:<a@outside.test\r\n"),
    "bracket in bracket": case(501, b"MAIL FROM:<<<a@outside.test>\r\n"),
    "quote left open": case(501, b'MAIL FROM:<"a@outside.test>\r\n'),
    "MAIL alone": case(501, b"MAIL\r\n"),
    "MAIL TO": case(501, b"MAIL TO:<a@outside.test>\r\n"),
    "RCPT to nobody": case(250, 501, MAIL, rcpt(b"")),
    "1,000 at signs": case(250, 501, MAIL, rcpt(b"@" * 1_000)),
    "900 labels": case(250, 501, MAIL, rcpt(b"alice@" + b"a." * 900 + b"test")),
    "900 quotes": case(250, 501, MAIL, rcpt(b'"\\' * 900 + b"@example.test")),
    "AUTH": case(503, b"AUTH PLAIN AGEAYg==\r\n"),
    "AUTH under TLS": case(
        220, 250, 503, b"STARTTLS\r\n", HANDSHAKE, EHLO, b"AUTH LOGIN\r\n"
    ),
    "STARTTLS with an argument": case(501, b"STARTTLS now\r\n"),
    "STARTTLS twice": case(
        220, 250, 554, b"STARTTLS\r\n", HANDSHAKE, EHLO, b"STARTTLS\r\n"
    ),
    "garbage for a handshake": case(220, b"STARTTLS\r\n", b"garbage" * 1_000),
}
