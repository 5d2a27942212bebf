"""What a look-up in a socketmap: table can come to (socketmap_table(5))."""

import re
from typing import Literal, NamedTuple

MOST_OCTETS = 100_000
"""Postfix takes no longer reply (DICT_SOCKMAP_MAX_REPLY of dict_sockmap.c)."""

Status = Literal["OK", "NOTFOUND", "TEMP", "TIMEOUT", "PERM"]


class Reply(NamedTuple):
    """The result of one look-up. Make one with the functions below."""

    status: Status

    text: str = ""
    """With OK, the value; with an error, the reason, which Postfix logs."""

    def encode(self) -> bytes:
        """
        Return the reply as Postfix reads it, without the netstring around it.

        Raises:
            ValueError: The text has control characters, or is too long for Postfix.
        """
        if re.search(r"[\x00-\x1f\x7f]", self.text):
            raise ValueError("a reply with control characters")
        encoded = f"{self.status} {self.text}".encode()
        if len(encoded) > MOST_OCTETS:
            raise ValueError(f"a reply of {len(encoded)} octets")
        return encoded


def found(value: str) -> Reply:
    """The key is in the table, with this *value*."""
    return Reply("OK", value)


def not_found() -> Reply:
    """The key is not in the table."""
    return Reply("NOTFOUND")


def temporary(reason: str) -> Reply:
    """Nobody knows now: Postfix tries again later, so mail waits."""
    return Reply("TEMP", reason)


def timed_out(reason: str) -> Reply:
    """Nobody knew in time: for Postfix the same as `temporary`."""
    return Reply("TIMEOUT", reason)


def permanent(reason: str) -> Reply:
    """The question can never be answered. Postfix takes even this as temporary."""
    return Reply("PERM", reason)
