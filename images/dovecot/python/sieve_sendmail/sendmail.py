"""
`sieve-sendmail USER MAILDIR -i -f SENDER -- RECIPIENT…`, the message on stdin.

Dovecot knows two outcomes (lib-smtp/smtp-submit.c): 0, and then the message is ours; or
anything else, and then all that the script wanted is tried again, from the start.
"""

import os
import sys
from pathlib import Path

from sieve_sendmail.message import Message
from sieve_sendmail.session import Reply, submit

# See sysexits(3).
_TRY_AGAIN = 75

# One service of Postfix's master.cf for what strangers wrote, one for what we write.
_SOCKETS = Path("/run/sieve")


def main(arguments: list[str]) -> int:
    """Send what stdin holds, or keep it; returns the exit status."""
    match arguments:
        case [user, maildir, "-i", "-f", sender, "--", *recipients]:
            pass
        case _:
            raise SystemExit(__doc__)
    _become_who_delivers()
    try:
        with Message(Path(maildir), sys.stdin.buffer) as message:
            service = "forward" if message.forwarded else "reply"
            sender = sender.strip("<>")
            if message.forwarded and sender:
                sender = _returns_to(user)
            reply = submit(_SOCKETS / service, user, sender, recipients, message)
            return _outcome(reply, message, recipients)
    except OSError as error:
        # Postfix knows nothing of this one; what it refuses, it logs.
        print(f"{user}: nothing sent for now: {error}", file=sys.stderr)
        return _TRY_AGAIN


def _outcome(reply: Reply, message: Message, recipients: list[str]) -> int:
    if reply.is_our_trouble:
        return _TRY_AGAIN
    # Trying again would not help, and would send the script's other copies again.
    if message.forwarded and not reply.is_taken:
        message.keep(f"to {' '.join(recipients)}: {reply}")
    return 0


def _returns_to(user: str) -> str:
    """
    Return the sender of what *user* forwards: SPF holds, and bounces reach *user*.

    returned.sieve knows them by it. What had no sender has none (RFC 5228, 4.2).
    """
    name, _, domain = user.rpartition("@")
    return f"{name}+undelivered@{domain}"


def _become_who_delivers() -> None:
    """Give up for good what Dovecot gave up for the time of a delivery: to be root."""
    user, group = os.geteuid(), os.getegid()
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
