"""The message that carries a report (RFC 9990, section 3.5; RFC 8460, section 5.3)."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from report_sender.configuration import Configuration
from report_sender.counting.store import Report

_SUFFIX = {"dmarc": "xml.gz", "tls": "json.gz"}
_SUBTYPE = {"dmarc": "gzip", "tls": "tlsrpt+gzip"}
_ABOUT = {
    "dmarc": "who sent mail in the name of {domain} to this server, and whether it was"
    " proven (DMARC, RFC 9990)",
    "tls": "how mail from this server to {domain} was encrypted (RFC 8460)",
}

_TEXT = """\
This is an automatic report by {ours} on
{about},
from {first} to {last}.

{domain} asks for it in its DNS. Questions: {contact}
"""


def written(report: Report, recipient: str, ours: Configuration) -> EmailMessage:
    """
    Return the message of *report* to the address *recipient*.

    However often it is written, Message-ID, Report-ID and file name stay the same.
    """
    letter = EmailMessage(policy=SMTP)
    if recipient.rpartition("@")[2] in ours.domains:
        # Mail to ourselves passes no filter, and its readers want to see a proof.
        letter["Authentication-Results"] = (
            f"{ours.server};"
            f" dmarc=none (p=absent dis=none from=proven) header.from={ours.domain}"
        )
    letter["From"] = f"Mail server <{ours.contact}>"
    letter["To"] = recipient
    letter["Subject"] = (
        f"Report Domain: {report.domain} Submitter: {ours.domain}"
        f" Report-ID: <{_report_id(report, ours)}>"
    )
    letter["Date"] = format_datetime(datetime.fromtimestamp(report.made, UTC))
    whom = sha256(recipient.encode()).hexdigest()[:12]
    letter["Message-ID"] = f"<{report.id}.{whom}@{ours.server}>"
    letter["Auto-Submitted"] = "auto-generated"
    if report.kind == "tls":
        letter["TLS-Report-Domain"] = report.domain
        letter["TLS-Report-Submitter"] = ours.domain
        # It tells of encryption that fails, and must get through all the same.
        letter["TLS-Required"] = "No"
    letter.set_content(_text(report, ours))
    letter.add_attachment(
        report.packed,
        maintype="application",
        subtype=_SUBTYPE[report.kind],
        filename=file_name(report, ours),
    )
    if report.kind == "tls":
        letter.set_type("multipart/report")
        letter.set_param("report-type", "tlsrpt")
    return letter


def file_name(report: Report, ours: Configuration) -> str:
    """Return the name of the file in a message, as both RFCs have it."""
    begin, end = report.period
    name = f"{ours.domain}!{report.domain}!{begin}!{end}!{report.id}"
    return f"{name}.{_SUFFIX[report.kind]}"


def _report_id(report: Report, ours: Configuration) -> str:
    return report.id if report.kind == "dmarc" else f"{report.id}@{ours.domain}"


def _text(report: Report, ours: Configuration) -> str:
    return _TEXT.format(
        ours=ours.domain,
        about=_ABOUT[report.kind].format(domain=report.domain),
        first=report.period.first,
        last=report.period.last,
        domain=report.domain,
        contact=ours.contact,
    )
