"""What Dovecot calls to send what a Sieve script sends, and a Postfix in play."""

import io
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sieve_sendmail import sendmail
from sieve_sendmail.message import Message
from sieve_sendmail.session import Reply

from tests.support.network.smtp_socket import Heard, listening

USER = "alice@example.org"
TEXT = b"From: b@example.net\r\nSubject: x\r\n\r\n.\r\n..two\r\nbye\r\n"
FORWARDED = b"X-Sieve: P 1\nX-Sieve-Redirected-From: alice@example.org\n" + TEXT
WRITTEN = b"X-Sieve: P 1\r\nMessage-ID: <1@example.org>\r\n" + TEXT
LMTP = b"Received: from a\n\tby b with LMTP\n"
UTF8 = b"Received: from c\n\tby b (Postfix) with UTF8SMTPS id 1\n"
SMTP = b"Received: from c by b (Postfix) with ESMTPS id 1\n"
HIDDEN = b"Received: by b (Postfix) id 1\n\tfor <alice@example.org>; today\n"
REDIRECTED = b"X-Sieve-Redirected-From: carol@example.org\n"

# Dovecot, which dies while it hands over a message; and the program that it calls.
DIES = """
import os, subprocess, sys
from pathlib import Path
folder, text, *called = sys.argv[1:]
child = subprocess.Popen(called, stdin=subprocess.PIPE)
child.stdin.write(text.encode())
child.stdin.flush()
while not any(Path(folder).glob("Maildir/tmp/*")):
    pass
os._exit(0)
"""
CALLED = """
import sys
from pathlib import Path
from sieve_sendmail import sendmail
sendmail._SOCKETS = Path(sys.argv[1])
print(sendmail.main(sys.argv[2:]))
"""


@pytest.fixture
def postfix(monkeypatch, tmp_path) -> Iterator[Heard]:
    """A server at the socket for what is forwarded, and none at the other."""
    monkeypatch.setattr(sendmail, "_SOCKETS", tmp_path)
    with listening(tmp_path / "forward") as heard:
        yield heard


@pytest.fixture
def send(monkeypatch, tmp_path):
    """Call it as Dovecot does, with the message as what stdin holds."""

    def call(message: bytes, sender: str = "b@example.net") -> int:
        stdin = io.TextIOWrapper(io.BytesIO(message))
        monkeypatch.setattr("sys.stdin", stdin)
        options = ["-i", "-f", sender, "--", "to@example.net"]
        return sendmail.main([USER, str(tmp_path / "Maildir"), *options])

    return call


def files(tmp_path) -> list[bytes]:
    """What lies in the mailbox, wherever."""
    return [
        path.read_bytes()
        for folder in ("new", "cur", "tmp")
        for path in (tmp_path / "Maildir" / folder).iterdir()
    ]


def message(tmp_path, text: bytes) -> Message:
    """Have a message of this text."""
    return Message(tmp_path, io.BytesIO(text))


def test_a_letter_is_forwarded_with_its_sender(postfix, send, tmp_path):
    """The user has logged in. The letter is whole, without Pigeonhole's version."""
    assert send(FORWARDED) == 0

    assert postfix.commands == [
        "EHLO dovecot.invalid",
        "XCLIENT LOGIN=alice@example.org",
        "EHLO dovecot.invalid",
        "MAIL FROM:<b@example.net>",
        "RCPT TO:<to@example.net>",
    ]
    sent = postfix.letter.replace(b"\r\n.", b"\r\n")
    assert sent == b"X-Sieve-Redirected-From: alice@example.org\r\n" + TEXT
    assert files(tmp_path) == []


@pytest.mark.parametrize("sender", ["<>", ""])
def test_message_without_sender_keeps_the_null_sender(postfix, send, sender):
    """RFC 5228, section 4.2."""
    assert send(FORWARDED, sender) == 0

    assert "MAIL FROM:<>" in postfix.commands


@pytest.mark.parametrize("refuses", ["XCLIENT", "MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("reply", [b"550-No\r\n550 5.7.1 never", b"450 4.7.1 not now"])
def test_rejected_forward_is_kept_in_the_inbox(postfix, send, tmp_path, refuses, reply):
    """In the inbox, with the reason, and Dovecot does not try again."""
    postfix.refuses, postfix.reply = refuses, reply

    assert send(FORWARDED) == 0

    (kept,) = files(tmp_path)
    reason, _, rest = kept.partition(b"\n")
    words = reply.replace(b"\r\n550", b"").replace(b"550-", b"550 ")
    assert reason == b"X-Sieve-Not-Forwarded: to to@example.net: " + words
    assert rest == b"X-Sieve-Redirected-From: alice@example.org\n" + TEXT.replace(
        b"\r\n", b"\n"
    )
    assert [path.parent.name for path in (tmp_path / "Maildir").glob("*/*")] == ["new"]


@pytest.mark.parametrize(
    ("refuses", "reply"),
    [
        ("MAIL", b"451 4.3.0 a fault"),
        (".", b"452 4.3.1 full"),
        ("RCPT", b"421 closing"),
        ("DATA", b"what?"),
    ],
)
def test_temporary_failure_is_retried(postfix, send, tmp_path, refuses, reply):
    """Nothing is kept then: Dovecot's client still has the letter."""
    postfix.refuses, postfix.reply = refuses, reply

    assert send(FORWARDED) == 75

    assert files(tmp_path) == []


def test_truncated_message_is_not_sent(postfix, tmp_path):
    """Its first half would pass for all of it; Postfix has the letter still."""
    folder, text = str(tmp_path), FORWARDED.decode()
    options = [USER, f"{folder}/Maildir", "-i", "-f", "b@example.net", "--", "c@d.test"]
    called = [sys.executable, "-c", CALLED, folder, *options]

    done = subprocess.run(
        [sys.executable, "-c", DIES, folder, text, *called],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert done.stdout == "75\n"
    assert "nothing sent for now" in done.stderr
    assert postfix.lines == []
    assert files(tmp_path) == []


def test_unreachable_postfix_is_retried(postfix, send, tmp_path, capsys):
    """The log tells who wanted what."""
    assert send(WRITTEN) == 75

    assert capsys.readouterr().err.startswith("alice@example.org: nothing sent for now")
    assert files(tmp_path) == []


def test_rejected_automatic_reply_is_dropped(postfix, send, tmp_path):
    """It is no letter that anybody would miss."""
    (tmp_path / "reply").hardlink_to(tmp_path / "forward")
    postfix.refuses, postfix.reply = ".", b"550 5.7.1 not yours"

    assert send(WRITTEN, "<>") == 0

    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "forwarded"),
    [
        (FORWARDED, True),
        (WRITTEN, False),
        (WRITTEN.replace(b"From: b", b"X-Sieve-Redirected-From: b"), False),
        (FORWARDED.replace(b"X-Sieve: P 1\n", b""), False),
        (b"A: 1\n" + FORWARDED, False),
        (b"", False),
    ],
)
def test_forwarded_message_is_recognized_by_its_first_header(tmp_path, text, forwarded):
    """Pigeonhole writes there, and scripts and strangers can't."""
    with message(tmp_path, text) as found:
        assert found.forwarded is forwarded


@pytest.mark.parametrize(
    ("text", "eight_bit", "utf8"),
    [
        (LMTP + SMTP + b"\nplain\n", False, False),
        (LMTP + SMTP + b"\n\xc3\xbc\n", True, False),
        (LMTP + SMTP + b"Subject: \xc3\xbc\n\n", True, False),
        (LMTP + UTF8 + b"Subject: \xc3\xbc\n\n", True, True),
        (LMTP + SMTP + UTF8 + b"\n", False, False),
        (LMTP + SMTP + b"\n" + UTF8, False, False),
    ],
)
def test_eight_bit_and_smtputf8_are_read_from_the_message(
    tmp_path, text, eight_bit, utf8
):
    """What strangers say of how it came to them doesn't count."""
    with message(tmp_path, text) as found:
        assert (found.eight_bit, found.utf8) == (eight_bit, utf8)


@pytest.mark.parametrize(
    ("text", "submitted"),
    [
        (LMTP + HIDDEN + b"\n", True),
        (LMTP + SMTP + HIDDEN + b"\n", False),
        (LMTP + HIDDEN + REDIRECTED + LMTP + SMTP + b"\n", False),
        (LMTP + HIDDEN + b"\n" + REDIRECTED, True),
        (LMTP + b"\n" + HIDDEN, False),
        (b"", False),
    ],
)
def test_message_of_another_server_is_never_taken_for_a_users(
    tmp_path, text, submitted
):
    """Also after another user's script forwarded it. Nobody can write above ours."""
    with message(tmp_path, REDIRECTED + text) as found:
        assert found.submitted is submitted


@pytest.mark.parametrize(
    ("way", "service"), [(HIDDEN, "forward-own"), (SMTP, "forward")]
)
def test_message_of_a_user_has_a_service_of_its_own(
    postfix, send, tmp_path, way, service
):
    """There its sender is kept; at the other one it is rewritten (master.cf)."""
    (tmp_path / "forward").rename(tmp_path / service)

    assert send(b"X-Sieve: P 1\n" + REDIRECTED + LMTP + way + TEXT) == 0

    assert "MAIL FROM:<b@example.net>" in postfix.commands


def test_each_octet_is_sent_unchanged(tmp_path):
    """But for the line ends, of which Dovecot gives two kinds."""
    text = b"A: 1\nB: \xff\r\n\r\n\rx\r\r\n\0\nlast"
    with message(tmp_path, text) as found:
        assert list(found.lines()) == [
            b"A: 1",
            b"B: \xff",
            b"",
            b"\rx\r",
            b"\0",
            b"last",
        ]


@pytest.mark.parametrize(
    ("code", "taken", "ours"),
    [(250, True, False), (354, True, False), (450, False, False), (550, False, False)]
    + [(code, False, True) for code in (421, 451, 452)],
)  # fmt: skip
def test_reply_code_decides_retry_or_give_up(code, taken, ours):
    """450 is about a user or a recipient, and may last."""
    reply = Reply(code, "")

    assert (reply.is_taken, reply.is_our_fault) == (taken, ours)
