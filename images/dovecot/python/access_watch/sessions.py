"""Finds and ends open sessions of Dovecot."""

import subprocess
from collections.abc import Iterable

from access_watch.accounts import Revoked

# Seconds.
TIMEOUT = 30

# The userdb field that names the password of a session (dovecot.conf).
FIELD = "user_password_id"


def end(revoked: Iterable[Revoked]) -> list[str]:
    """
    End all sessions that the *revoked* passwords of users have opened.

    Returns:
        The users who had one.

    Raises:
        OSError, subprocess.SubprocessError: Dovecot doesn't answer.
    """
    here = _users()
    return [
        each.user
        for each in revoked
        if each.user in here and _ended(_doveadm("kick", "-f", FIELD, each.password))
    ]


def _users() -> set[str]:
    rows = _doveadm("-f", "tab", "who").splitlines()[1:]
    return {row.partition("\t")[0] for row in rows}


def _ended(words: str) -> bool:
    return words.partition(" ")[0] not in ("", "0")


def _doveadm(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603  # our own words, and ids from the accounts
        ["/usr/bin/doveadm", *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    return done.stdout
