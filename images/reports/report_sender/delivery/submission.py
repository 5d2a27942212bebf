"""Hands a message to Postfix, on a socket that only this service can reach."""

import smtplib
from email.message import EmailMessage
from pathlib import Path

# Where Postfix takes reports (compose.yaml, the volume `report-mail`).
SOCKET = Path("/run/report-mail/own")

# Seconds for an answer: the signer has its turn, too.
_PATIENCE = 150.0

# The name in EHLO. Postfix refuses clients that claim to be the server itself.
_OWN_NAME = "report-sender.invalid"


class RefusedError(Exception):
    """Postfix will never take this message."""


class _Postfix(smtplib.LMTP):
    """SMTP over a UNIX socket, which smtplib has for LMTP (RFC 2033) only."""

    ehlo_msg = "ehlo"


def submit(message: EmailMessage, recipient: str, socket: Path = SOCKET) -> None:
    """
    Have Postfix take *message*, and sign it.

    Its sender is the empty one: nobody answers a report with a bounce.

    Raises:
        RefusedError: It is refused for good.
        OSError: It can't be taken now.
    """
    try:
        with _Postfix(str(socket), local_hostname=_OWN_NAME, timeout=_PATIENCE) as port:
            port.send_message(message, "", [recipient])
    except smtplib.SMTPRecipientsRefused as error:
        ((code, words),) = error.recipients.values()
        raise _fault(code, words) from None
    except smtplib.SMTPResponseException as error:
        raise _fault(error.smtp_code, error.smtp_error) from None


def _fault(code: int, words: bytes | str) -> Exception:
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    said = f"{code} {' '.join(text.split())}"
    return RefusedError(said) if 500 <= code < 600 else OSError(said)
