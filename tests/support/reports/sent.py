"""The reports that our server has sent to the stranger."""

import gzip

from tests.support.mail.mailbox import Received
from tests.support.mail.outsiders import Stranger
from tests.support.server.project import Project

_NEW_MAIL = "/home/stranger/Maildir/new"


def end_day(project: Project) -> str:
    """Have all that was counted reported; return what is said of it."""
    command = ("report-sender", "--until", "now")
    return project.inside("report-sender", *command).decode()


def reports(stranger: Stranger, kind: str) -> list[Received]:
    """Return the reports in the stranger's mailbox whose names end in *kind*."""
    project = stranger.server.project
    script = f'cd {_NEW_MAIL} && grep -ls "report" * || true'
    names = project.inside("outside", "sh", "-c", script).decode().split()
    found = [
        Received(project.inside("outside", "cat", f"{_NEW_MAIL}/{name}"))
        for name in names
    ]
    return [
        each
        for each in found
        if any(
            (part.get_filename() or "").endswith(kind)
            for part in each.message.iter_attachments()
        )
    ]


def content(report: Received) -> bytes:
    """Return what a report says, unpacked."""
    (part,) = report.message.iter_attachments()
    return gzip.decompress(part.get_content())


def file_name(report: Received) -> str:
    """Return the name of the file in a report's message."""
    (part,) = report.message.iter_attachments()
    return part.get_filename()


def copies(stranger: Stranger, message_id: str) -> list[Received]:
    """Return the reports in the stranger's mailbox that have this *message_id*."""
    found = reports(stranger, ".gz")
    return [each for each in found if each.all("Message-ID") == [message_id]]
