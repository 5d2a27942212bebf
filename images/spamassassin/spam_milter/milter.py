"""The milter: one SpamMilter for each SMTP connection of Postfix."""

import functools
import time
from collections.abc import Callable

import Milter
from milter_common.listener import listener
from milter_common.log import say

from . import verdict
from .config import Config
from .message import Client, Copy, header, trace
from .protocol import NoVerdictError, Scan, ask


def deferring(step: Callable[..., int]) -> Callable[..., int]:
    """Have Postfix answer 451 when *step* fails: the message waits at its sender."""

    @functools.wraps(step)
    def wrapper(self: "SpamMilter", *args: object) -> int:
        try:
            return step(self, *args)
        except NoVerdictError as error:
            return self.defer(str(error))
        except Exception as error:  # whatever it was, nothing passes unchecked
            return self.defer(f"{type(error).__name__} in {step.__name__}: {error}")

    return wrapper


@Milter.header_leading_space
class SpamMilter(Milter.Base):
    """What Postfix tells of a connection and its messages, one after the other."""

    config: Config
    """Set before the first connection, and again on each reload."""
    spamd = ""
    """The path of spamd's socket."""

    def __init__(self) -> None:
        self.client = Client()
        self.reset()

    def reset(self) -> None:
        """Forget the message: the next one may come by the same connection."""
        self.sender = ""
        # The scores must not change under a message.
        self.settings = self.config
        self.copy = Copy(self.settings.scan_limit)

    @deferring
    def connect(self, hostname: str, family: int, hostaddr: tuple) -> int:
        self.client.name = hostname
        if isinstance(hostaddr, tuple):
            self.client.address = hostaddr[0]
        return Milter.CONTINUE

    @deferring
    def hello(self, hostname: str) -> int:
        self.client.helo = hostname
        return Milter.CONTINUE

    @deferring
    def envfrom(self, sender: str, *parameters: str) -> int:
        self.reset()
        self.sender = sender
        self.client.tls = bool(self.getsymval("{tls_version}"))
        return Milter.CONTINUE

    @deferring
    @Milter.decode("bytes")
    def header(self, name: str, value: bytes) -> int:
        self.copy.add(header(name, value))
        return Milter.CONTINUE

    @deferring
    def eoh(self) -> int:
        self.copy.add(b"\r\n")
        return Milter.CONTINUE

    @deferring
    def body(self, chunk: bytes) -> int:
        self.copy.add(chunk)
        # Spares Postfix sending, and us reading, what would not be scanned.
        return Milter.SKIP if self.copy.full else Milter.CONTINUE

    @deferring
    def eom(self) -> int:
        started = time.monotonic()
        scan = self.scan()
        refused = scan.score >= self.settings.reject_score
        outcome = "refused" if refused else "marked" if scan.spam else "passed"
        say(
            f"{self.queue_id}: {outcome}, score={scan.score:.1f}"
            f" ms={1000 * (time.monotonic() - started):.0f}"
            f" scanned={self.copy.size} client={self.client.address}"
            f" tests={','.join(scan.tests)}"
        )
        if refused:
            return self.refuse(scan)
        for name, value in verdict.headers(scan):
            # Postfix puts no space after the colon since we asked for leading space.
            self.addheader(name, f" {value}")
        self.reset()
        return Milter.CONTINUE

    def scan(self) -> Scan:
        """Ask spamd about the message."""
        server = self.getsymval("j") or "localhost"
        top = trace(self.client, server, self.queue_id, self.sender)
        timeout = self.settings.answer_timeout
        return ask(self.spamd, [top, *self.copy.pieces], timeout)

    def refuse(self, scan: Scan) -> int:
        """Answer 550."""
        limit, contact = self.settings.reject_score, self.settings.contact
        self.setreply("550", "5.7.1", verdict.refusal(scan, limit, contact))
        self.reset()
        return Milter.REJECT

    def defer(self, reason: str) -> int:
        """Answer 451, and tell the log why."""
        say(f"{self.queue_id}: deferred, {reason}")
        self.setreply("451", "4.7.1", "The spam filter is not available, try again")
        self.reset()
        return Milter.TEMPFAIL

    @property
    def queue_id(self) -> str:
        """Postfix's name for the message."""
        return self.getsymval("i") or "NOQUEUE"

    def abort(self) -> int:
        self.reset()
        return Milter.CONTINUE

    def close(self) -> int:
        self.reset()
        return Milter.CONTINUE


def serve(listen: str) -> None:
    """Serve Postfix at *listen*, in libmilter's notation, until told to stop."""
    Milter.factory = SpamMilter
    Milter.set_flags(Milter.ADDHDRS)
    listening = listener(listen)
    Milter.runmilter("spam-milter", f"fd:{listening.fileno()}")
