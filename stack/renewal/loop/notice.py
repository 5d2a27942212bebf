"""A letter to the postmaster about a certificate in trouble."""

import smtplib
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from stack.config.settings import Settings
from stack.renewal.loop.expiry import Expiry

TIMEOUT = 60.0  # seconds: the filters look at it, too

# Where Postfix takes what this server itself has to say: signed, and never judged as a
# stranger's (compose.yaml, the volume `notices`).
SOCKET = "/run/notices/own"

# Not that of the server, which nobody else may claim.
OWN_NAME = "certs.invalid"

TEXT = """\
The certificate {name} of this mail server ends on {end} UTC
and needs your attention:

  {remark}

When it has ended, mail programs warn their users or refuse to connect. What every
port serves is shown by

  docker compose run --rm stack cert check

This letter comes once a day until then.
"""


class _Postfix(smtplib.LMTP):
    """SMTP by a socket of UNIX: smtplib has such sockets for LMTP (RFC 2033) alone."""

    ehlo_msg = "ehlo"


def send(settings: Settings, found: Expiry, now: datetime) -> None:
    """
    Hand the letter to our own Postfix, which signs it for MAIL_DOMAIN.

    Raises:
        OSError: When it isn't taken.
    """
    postmaster = f"postmaster@{settings.mail_domain}"
    # No sender: a notice is never answered by a bounce (RFC 3834 §3.3).
    with _Postfix(SOCKET, local_hostname=OWN_NAME, timeout=TIMEOUT) as port:
        port.send_message(_letter(settings, found, now), "", [postmaster])


def _letter(settings: Settings, found: Expiry, now: datetime) -> EmailMessage:
    postmaster = f"postmaster@{settings.mail_domain}"
    letter = EmailMessage()
    letter["From"] = f"Mail server <{postmaster}>"
    letter["To"] = postmaster
    letter["Subject"] = f"The certificate {found.name} needs your attention"
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = make_msgid(domain=settings.mail_hostname)
    letter["Auto-Submitted"] = "auto-generated"
    end = f"{found.not_after:%Y-%m-%d %H:%M}"
    letter.set_content(TEXT.format(name=found.name, end=end, remark=found.remark))
    return letter
