"""Notices to the postmaster about a certificate that expires or is not renewed."""

import smtplib
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from stack.config.settings import Settings
from stack.renewal.loop.expiry import Expiry

TIMEOUT = 60.0  # seconds: the filters scan it, too

# The socket on which Postfix takes mail of this server itself, signs it, and does not
# scan it for spam (compose.yaml, the volume `notices`).
SOCKET = "/run/notices/own"

# The name in EHLO. Postfix refuses clients that claim to be the server itself.
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
    """SMTP over a UNIX socket, which smtplib has for LMTP (RFC 2033) only."""

    ehlo_msg = "ehlo"


def send(settings: Settings, found: Expiry, now: datetime) -> None:
    """
    Send a notice about *found* through our own Postfix, which signs it.

    Raises:
        OSError: When Postfix doesn't accept it.
    """
    postmaster = f"postmaster@{settings.mail_domain}"
    # The empty sender: no bounce answers a notice (RFC 3834 §3.3).
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
