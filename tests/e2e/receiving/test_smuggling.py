"""No second message can be smuggled in behind a false end (CVE-2023-51764)."""

import pytest

from tests.support.clients.raw import talk
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS

pytestmark = pytest.mark.core

# Sequences that some other server might take for the end of a message.
FALSE_ENDS = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CR.CR": b"\r.\r",
    "CR.LF": b"\r.\n",
    "CR.CRLF": b"\r.\r\n",
    "LF.CR": b"\n.\r",
    "CRLF.CR": b"\r\n.\r",
    "CRLF.NUL": b"\r\n.\0\r\n",
    "CRLF NUL.": b"\r\n\0.\r\n",
    "CRLF.CRCRLF": b"\r\n.\r\r\n",
    "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
    "LFCR.LFCR": b"\n\r.\n\r",
    "CRLF. CRLF": b"\r\n. \r\n",
}


@pytest.mark.parametrize("end", FALSE_ENDS.values(), ids=FALSE_ENDS)
def test_a_false_end_of_data_smuggles_no_message(spammer, alice, bob, subject, end):
    """
    After a false end of data, no second message is delivered.

    What follows is text of the same message, or the session is closed. A message by the
    same author, sent afterwards, lies in Junk; the smuggled one would lie there, too.
    """
    hidden = letter("boss@example.test", bob.address, f"hidden {subject}")
    commands = f"MAIL FROM:<boss@example.test>\r\nRCPT TO:<{bob.address}>\r\nDATA\r\n"
    outer = letter("a@outside.test", bob.address, f"outer {subject}")

    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        session.say(f"RCPT TO:<{bob.address}>")
        assert session.say("DATA").code == 354
        for part in (outer, hidden):
            crlf = part.replace(b"\n", b"\r\n").removesuffix(b"\r\n")
            session.write(crlf + (end + commands.encode() if part is outer else b""))
        session.write(b"\r\n.\r\n")
        session.reply()
    last = letter("boss@example.test", bob.address, f"last {subject}")
    assert spammer.send(bob.address, last, "boss@example.test").code == 250
    bob.receive(f"last {subject}", folder="Junk")

    assert f"hidden {subject}" not in [*bob.subjects(), *bob.subjects("Junk")]


EHLO = b"EHLO client.invalid\r\n"
ENVELOPE = b"MAIL FROM:<a@outside.test>\r\nRCPT TO:<bob@example.test>\r\n"


@pytest.mark.parametrize(
    ("before", "at_once"),
    [
        (b"", EHLO + b"MAIL FROM:<a@outside.test>\r\n"),
        (b"", EHLO.replace(b"EHLO", b"HELO") + b"MAIL FROM:<a@outside.test>\r\n"),
        (EHLO, b"NOOP\r\nNOOP\r\n"),
        (EHLO, ENVELOPE + b"DATA\r\nSubject: too early\r\n\r\n.\r\n"),
    ],
    ids=["EHLO", "HELO", "NOOP", "DATA"],
)
def test_commands_pipelined_too_early_end_the_session(server, bob, before, at_once):
    """
    Commands sent before the answer to EHLO, HELO, NOOP or DATA end the session by 554.

    They could be a message inside a message (RFC 2920, 3.1).
    """
    heard = talk((ADDRESS, server.port(25)), [at_once], server.trust, before)

    assert heard.codes[-1] == 554
    assert 354 not in heard.codes


@pytest.mark.parametrize("size", ["10", "10 LAST", "0 LAST"])
def test_bdat_is_refused(spammer, bob, subject, size):
    """BDAT is neither offered nor accepted, so that no bare line end comes in by it."""
    with spammer.session() as session:
        offer = session.ehlo().keywords
        session.say("MAIL FROM:<a@outside.test>")
        session.say(f"RCPT TO:<{bob.address}>")
        reply = session.say(f"BDAT {size}\r\nSubject: {subject}\n.\n")

    assert "CHUNKING" not in offer
    assert reply.code == 521
