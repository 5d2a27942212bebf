"""
`sieve-sendmail USER MAILDIR -i -f SENDER -- RECIPIENT…`, the message on stdin.

Dovecot knows two exit statuses (lib-smtp/smtp-submit.c): 0, the message is accepted;
and any other, after which it runs the whole script again later.
"""

import os
import sys
from pathlib import Path

from sieve_sendmail.message import Message
from sieve_sendmail.session import Reply, submit

# See sysexits(3).
_TRY_AGAIN = 75

# Where Postfix has a service for each kind of mail.
_SOCKETS = Path("/run/sieve")


def main(arguments: list[str]) -> int:
    """Send the message on stdin, or keep it; returns the exit status."""
    match arguments:
        case [user, maildir, "-i", "-f", sender, "--", *recipients]:
            pass
        case _:
            raise SystemExit(__doc__)
    _drop_root()
    try:
        with Message(Path(maildir), sys.stdin.buffer) as message:
            socket = _SOCKETS / _service(message)
            reply = submit(socket, user, sender.strip("<>"), recipients, message)
            return _outcome(reply, message, recipients)
    except OSError as error:
        # Postfix logs what it refuses, but does not know of this failure.
        print(f"{user}: nothing sent for now: {error}", file=sys.stderr)
        return _TRY_AGAIN


def _outcome(reply: Reply, message: Message, recipients: list[str]) -> int:
    if reply.is_our_fault:
        return _TRY_AGAIN
    # A retry would not help, and would send the script's other messages again.
    if message.forwarded and not reply.is_taken:
        message.keep(f"to {' '.join(recipients)}: {reply}")
    return 0


def _service(message: Message) -> str:
    """Return the service of Postfix's master.cf that *message* is for."""
    if not message.forwarded:
        return "reply"
    return "forward-own" if message.submitted else "forward"


def _drop_root() -> None:
    """Become the effective user for good: Dovecot gives root up only for a delivery."""
    user, group = os.geteuid(), os.getegid()
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
