"""Harmless messages that a virus scanner refuses, and the scanner switched on."""

import email.policy
import io
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.support.configuration.reload import await_successors
from tests.support.configuration.templates import changed, settings
from tests.support.mail.message import letter
from tests.support.mail.outsiders import Spammer
from tests.support.server.project import Project
from tests.support.wait import wait_until

# The file that every scanner knows, made for tests like these. In two pieces, so that
# none of them finds it here.
EICAR = (
    rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-"
    rb"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
)
NAME = "Eicar-Test"

# No signatures can be got in this world, so this is the only one: those bytes, anywhere
# in any file (the format .ndb of ClamAV).
SIGNATURES = "/var/lib/clamav/test.ndb"
_SIGN = f"printf '%s\\n' {NAME}:0:*:{EICAR.hex()} > {SIGNATURES}"

MEGABYTE = bytes(1 << 20)


def with_file(to: str, subject: str, name: str, content: bytes) -> bytes:
    """Write a message with the file *name* attached, in base64."""
    plain = letter("a@outside.test", to, subject)
    message = email.message_from_bytes(plain, policy=email.policy.default)
    kind = {"maintype": "application", "subtype": "octet-stream"}
    message.add_attachment(content, **kind, filename=name)
    return message.as_bytes()


def zipped(*files: tuple[str, bytes]) -> bytes:
    """Pack *files*, each a name and a content."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def zeros(megabytes: int) -> bytes:
    """Pack so many *megabytes* of zeros into an archive a thousand times smaller."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zeros", "w", force_zip64=True) as file,
    ):
        for _ in range(megabytes):
            file.write(MEGABYTE)
    return packed.getvalue()


def virus_is_refused(spammer: Spammer, to: str, subject: str) -> bool:
    """Tell whether port 25 refuses a message with the test virus."""
    message = letter("a@outside.test", to, subject, EICAR.decode() + "\n")
    return spammer.send(to, message).code == 550


@contextmanager
def scanning(project: Project) -> Iterator[None]:
    """
    Have the antivirus switched on for a while, in the way of an operator.

    freshclam finds no network here; twice more after five seconds, unless told not to.
    """
    once = changed(project, "clamav/freshclam.conf.j2", "MaxAttempts 1\n")
    with once, settings(project, ANTIVIRUS="yes"):
        project.stack("init", "--yes")
        try:
            project.compose("up", "--build", "--detach", "clamav")
            project.inside("clamav", "sh", "-c", _SIGN)
            project.wait_for("healthy", "clamav", within=120)
            await_postfix(project)
            yield
        finally:
            project.compose("stop", "clamav")
            # Read while it is there.
            project.lines(["clamav"])
            project.compose("rm", "--force", "clamav")
    await_postfix(project)


@contextmanager
def reconfigured(
    project: Project, change: AbstractContextManager[None]
) -> Iterator[None]:
    """Have a *change* to the scanner's files in use for a while: it starts anew."""
    first = clamd(project)
    with change:
        second = _await_another(project, first)
        yield
    _await_another(project, second)


def clamd(project: Project) -> str:
    """Return the process id of clamd, or nothing while there is none."""
    script = "pgrep -x clamd || true"
    return project.inside("clamav", "sh", "-c", script).decode().strip()


def _await_another(project: Project, before: str) -> str:
    wait_until(lambda: clamd(project) not in ("", before), "another clamd", within=60)
    project.wait_for("healthy", "clamav")
    return clamd(project)


def await_postfix(project: Project) -> None:
    """Wait until Postfix asks the scanner, or nobody, about all mail from now on."""
    await_successors(project)
    project.wait_for("healthy", "postfix", within=120)
