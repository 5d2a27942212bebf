"""Delivery status notifications (RFC 3464), found in a mailbox and parsed."""

from dataclasses import dataclass
from email.message import Message

from tests.support.mail.mailbox import Mailbox, Received
from tests.support.wait import wait_until


@dataclass(frozen=True)
class Notice(Received):
    """What a mail server told a sender about a message."""

    @property
    def parts(self) -> list[Message]:
        """Text for people, fields for programs, the message (RFC 6522, section 3)."""
        return list(self.message.iter_parts())

    @property
    def fields(self) -> list[Message]:
        """The fields of the message, then those of each recipient."""
        return list(self.parts[1].iter_parts())

    @property
    def outcome(self) -> dict[str, str]:
        """What became of it, by recipient: failed, delayed, delivered, …"""
        return {
            each["Final-Recipient"].partition(";")[2].strip(): str(each["Action"])
            for each in self.fields[1:]
        }


def find_notice(user: Mailbox, *words: str) -> Notice | None:
    """Look for a notice in the mailbox of *user* that holds all of the *words*."""
    criteria = [each for word in words for each in ("TEXT", word)]
    with user.imap() as client:
        client.select_folder("INBOX", readonly=True)
        found = client.search(["FROM", "MAILER-DAEMON", *criteria])
        if not found:
            return None
        return Notice(client.fetch(found[-1], ["RFC822"])[found[-1]][b"RFC822"])


def notice(user: Mailbox, *words: str, within: float = 30) -> Notice:
    """
    Wait for a notice to *user* that holds all of the *words*.

    Raises:
        AssertionError: When none has come *within* seconds.
    """
    return wait_until(
        lambda: find_notice(user, *words), f"a notice with {words}", within
    )
