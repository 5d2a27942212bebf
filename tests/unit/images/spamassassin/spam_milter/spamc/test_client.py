"""spamd's answer is a verdict, or it is none: nothing in between is let through."""

import socket

import pytest
from spam_milter.spamc.client import (
    NoAnswerError,
    NoVerdictError,
    Scan,
    TimeLimitError,
    ask,
    parse,
)

from tests.support.images.fake_spamd import running


def reply(
    verdict: str = "True ; 7.3 / 5.0", tests: bytes = b"GTUBE,X_1", **fields: object
) -> bytes:
    """Return spamd's reply to SYMBOLS."""
    status = fields.get("status", "0 EX_OK")
    length = fields.get("length", len(tests))
    head = f"SPAMD/1.1 {status}\r\nContent-length: {length}\r\nSpam: {verdict}\r\n\r\n"
    return head.encode() + tests


def test_spam_reply_is_parsed():
    """Verdict, score, threshold and tests are taken over."""
    assert parse(reply()) == Scan(True, 7.3, 5.0, ("GTUBE", "X_1"))


def test_negative_score_is_parsed():
    """A message can be better than harmless."""
    assert parse(reply("False ; -0.1 / 5.0", b"")) == Scan(False, -0.1, 5.0, ())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "spamd answered ''"),
        (b"SPAMD/1.1 0 EX_OK\r\n\r\n", "without a whole verdict"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "'HTTP/1.1 200 OK'"),
        (reply(status="75 EX_TEMPFAIL"), "'SPAMD/1.1 75 EX_TEMPFAIL'"),
        (reply(status="76 Bad header line"), "'SPAMD/1.1 76 Bad header line'"),
        (reply(verdict="Perhaps ; 1.0 / 5.0"), "without a whole verdict"),
        (reply(verdict="False ; nan / 5.0"), "without a whole verdict"),
        (reply(length=200), "without a whole verdict"),
        (reply()[:-3], "without a whole verdict"),
    ],
)
def test_malformed_reply_is_no_verdict(answer: bytes, reason: str):
    """An error and a reply cut short leave the message unjudged."""
    with pytest.raises(NoVerdictError, match=reason):
        parse(answer)


def test_without_spamd_there_is_no_verdict(tmp_path):
    """Nobody to ask is a reason to defer, after some attempts."""
    with pytest.raises(NoVerdictError, match="no spamd to ask"):
        ask(str(tmp_path / "socket"), [b"x"], timeout=5)


def test_broken_connection_is_retried(tmp_path):
    """A child that dies in the middle of a message costs the message nothing."""
    answers = iter([b"", b"", reply()])

    with running(tmp_path / "socket", lambda _: next(answers)) as spamd:
        found = ask(str(tmp_path / "socket"), [b"x"], timeout=5)

    assert found.tests == ("GTUBE", "X_1")
    assert [each.message for each in spamd.asked] == [b"x"] * 3


@pytest.mark.parametrize("piece", [b"SPAMD/1.1 0 EX_OK\r\n", reply()[:-3]])
def test_truncated_reply_is_retried(tmp_path, piece):
    """A child that is ended while it answers has sent the first line or some more."""
    answers = iter([piece, reply()])

    with running(tmp_path / "socket", lambda _: next(answers)):
        found = ask(str(tmp_path / "socket"), [b"x"], timeout=5)

    assert found.tests == ("GTUBE", "X_1")


def test_time_limit_exceeded_is_no_verdict():
    """What was found before the time limit does not count, and is told apart."""
    with pytest.raises(TimeLimitError):
        parse(reply(tests=b"A,TIME_LIMIT_EXCEEDED"))


def test_silent_spamd_is_told_from_a_missing_one(tmp_path):
    """It listens, nobody answers: that is how a child that hangs looks."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()

        with pytest.raises(NoAnswerError):
            ask(path, [b"x"], timeout=0.1)
