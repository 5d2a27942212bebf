"""
The logins to relays, in the very table that Postfix reads.

A line for each: a relay as in .env or @ and a sender's domain, then name:password
(SASL_README, "Enabling SASL authentication in the Postfix SMTP client"). Postfix
looks for the sender's domain first.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from stack.config.types.sending.relays import Relay
from stack.system import files
from stack.system.errors import InvalidError, StackError
from stack.system.project import Project

HEAD = "# Logins to relays. Written by `stack relay`, read by Postfix.\n"

LINE = re.compile(
    r"(?:\[(?P<host>[^]\s]+)\]:(?P<port>[0-9]+)|(?P<domain>@\S+))"
    r" (?P<name>[^:]+):(?P<password>.+)"
)

# What would end the line, or isn't text: C0, C1 and half of a surrogate pair.
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Login(NamedTuple):
    """What a relay knows us by."""

    name: str
    password: str

    def __repr__(self) -> str:
        """Show it without the password: this may end in a log."""
        return f"Login({self.name!r})"


def load(project: Project) -> dict[str, Login]:
    """
    Return the login for each host:port and @domain.

    Raises:
        InvalidError: When a line of the table isn't one of ours.
    """
    text = files.read(project.logins) or ""
    found = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line or line.startswith("#"):
            continue
        parts = LINE.fullmatch(line)
        if not parts:
            raise InvalidError(
                f"{project.logins} line {number}: is no login as `stack relay login`"
                " writes them: delete the line and give that login anew"
            )
        key = parts["domain"] or f"{parts['host']}:{parts['port']}"
        found[key] = Login(parts["name"], parts["password"])
    return found


def save(project: Project, logins: Mapping[str, Login]) -> None:
    """Put *logins* where Postfix reads them, for root's eyes only."""
    project.write(project.logins, text(logins))


def text(logins: Mapping[str, Login]) -> str:
    """Write *logins* as a table of Postfix (DATABASE_README, texthash)."""
    return HEAD + "".join(
        f"{_pattern(key)} {login.name}:{login.password}\n"
        for key, login in sorted(logins.items())
    )


def _pattern(key: str) -> str:
    if key.startswith("@"):
        return key
    host, _, port = key.partition(":")
    return Relay(host, int(port)).nexthop


def refuse_unfit_name(name: str) -> None:
    """
    Make sure that the table can hold *name*.

    Raises:
        StackError: When it can't.
    """
    if not name or ":" in name or name != name.strip() or UNFIT.search(name):
        raise StackError(
            f"the login {name!r} can't be given to Postfix: it must not be empty, hold"
            " a colon or a control character, or begin or end with a space"
        )


def refuse_unfit_password(password: str) -> None:
    """
    Make sure that the table can hold *password*.

    Raises:
        StackError: When it can't; the password is not in the text.
    """
    if not password or password != password.rstrip() or UNFIT.search(password):
        raise StackError(
            "the password can't be given to Postfix: it must not be empty, hold a"
            " line end or another control character, or end with a space"
        )


def is_used(key: str, relays: Mapping[str, Relay]) -> bool:
    """Say whether the login for *key* is used with these *relays* of .env."""
    if key.startswith("@"):
        return key[1:] in relays or "" in relays
    return key in map(str, relays.values())
