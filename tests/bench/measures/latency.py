"""How long a message takes from one user to another who waits for it."""

import smtplib
from collections.abc import Iterator
from select import select
from time import monotonic

from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS


def submission_to_idle(
    sender: Mailbox, receiver: Mailbox, messages: int
) -> list[float]:
    """
    Send *messages* one after the other in one session, and await each in IDLE.

    Returns:
        For each the seconds from the last byte of DATA to the EXISTS (RFC 2177).
    """
    return list(_measure(sender, receiver, messages))


def _measure(sender: Mailbox, receiver: Mailbox, messages: int) -> Iterator[float]:
    text = letter(sender.address, receiver.address, "latency").replace(b"\n", b"\r\n")
    with receiver.imap() as client, _submission(sender) as smtp:
        client.select_folder("INBOX")
        for _ in range(messages):
            client.idle()
            left = _send(smtp, sender.address, receiver.address, text)
            readable, _, _ = select([client.socket()], [], [], 30)
            came = monotonic()
            _, responses = client.idle_done()
            assert readable, responses
            assert any(b"EXISTS" in each for each in responses), responses
            yield came - left


def _submission(sender: Mailbox) -> smtplib.SMTP:
    smtp = smtplib.SMTP(ADDRESS, sender.server.port(587), "client.invalid", timeout=30)
    smtp.starttls(context=sender.server.trust)
    smtp.login(sender.address, sender.password)
    return smtp


def _send(smtp: smtplib.SMTP, sender: str, to: str, text: bytes) -> float:
    """Send one message and return the moment at which its last byte left."""
    smtp.mail(sender)
    smtp.rcpt(to)
    smtp.docmd("DATA")
    smtp.send(text + b".\r\n")
    left = monotonic()
    code, reply = smtp.getreply()
    assert code == 250, reply
    return left
