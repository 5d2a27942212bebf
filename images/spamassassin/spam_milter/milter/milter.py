"""The milter: one SpamMilter for each SMTP connection of Postfix."""

import functools
import os
import signal
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import Milter
from milter_runtime.listener import listener
from milter_runtime.log import say

from spam_milter.bayes import SITE, Bayes
from spam_milter.config import Config
from spam_milter.milter import verdict
from spam_milter.milter.message import (
    Client,
    TruncatedMessage,
    header,
    mailbox,
    results,
    trace,
)
from spam_milter.spamc.client import (
    NoAnswerError,
    NoVerdictError,
    Scan,
    TimeLimitError,
    ask,
)
from spam_milter.spamc.concurrency import ConcurrencyLimit

PORT = 8893
HOST = "filter-spamassassin"
"""This container's address on the network where Postfix is, and no other."""

LEADS_OUT = "X-Leads-Out"
"""Put there by Postfix if a recipient is on another server, at the end of all aliases
(config/postfix/leads_out.sqlite.j2). No reader sees it."""

Told = ParamSpec("Told")
"""What Postfix tells with one step."""


def deferring(
    step: Callable[Concatenate["SpamMilter", Told], int],
) -> Callable[Concatenate["SpamMilter", Told], int]:
    """Have Postfix reply 451 when *step* fails: the client tries again."""

    @functools.wraps(step)
    def wrapper(self: "SpamMilter", /, *args: Told.args, **kwargs: Told.kwargs) -> int:
        try:
            return step(self, *args, **kwargs)
        except NoVerdictError as error:
            return self.defer(str(error))
        except Exception as error:  # no message passes unchecked
            return self.defer(f"{type(error).__name__} in {step.__name__}: {error}")

    return wrapper


@Milter.header_leading_space
class SpamMilter(Milter.Base):
    """One connection of Postfix, and its messages one after the other."""

    config: Config
    """Set before the first connection, and again on each reload."""
    spamd = ""
    """The path of spamd's socket."""
    concurrency = ConcurrencyLimit()
    """As many slots as spamd has children."""
    bayes_database: Bayes
    """What users have trained."""

    def __init__(self) -> None:
        self.client = Client()
        self.reset()

    def reset(self) -> None:
        """Forget the message: another may follow on the same connection."""
        self.sender = ""
        self.login = ""
        self.results = b""
        self.recipients: list[str] = []
        self.leads_out = 0
        # A reload must not change the scores of a message under way.
        self.settings = self.config
        self.copy = TruncatedMessage(self.settings.scan_limit)

    @deferring
    def connect(
        self,
        hostname: str,
        family: int,
        hostaddr: tuple[str, *tuple[int, ...]] | str | None,
    ) -> int:
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
        self.login = self.getsymval("{auth_authen}") or ""
        self.client.tls = bool(self.getsymval("{tls_version}"))
        return Milter.CONTINUE

    @deferring
    def envrcpt(self, recipient: str, *parameters: str) -> int:
        self.recipients.append(recipient)
        return Milter.CONTINUE

    @deferring
    @Milter.decode("bytes")
    def header(self, name: str, value: bytes) -> int:
        if name.lower() == LEADS_OUT.lower():
            self.leads_out += 1
            return Milter.CONTINUE
        self.copy.add(header(name, value))
        self.results += results(name, value, self.server)
        return Milter.CONTINUE

    @deferring
    def eoh(self) -> int:
        self.copy.add(b"\r\n")
        return Milter.CONTINUE

    @deferring
    def body(self, chunk: bytes) -> int:
        self.copy.add(chunk)
        # Postfix need not send what would not be scanned.
        return Milter.SKIP if self.copy.full else Milter.CONTINUE

    @deferring
    def eom(self) -> int:
        started = time.monotonic()
        try:
            scan = self.scan()
        except TimeLimitError as error:
            if self.settings.timeout_action == "wait":
                raise
            return self.let_in_unscanned(str(error))
        refusal = self.refusal(scan)
        outcome = "refused" if refusal else "marked" if scan.spam else "passed"
        say(
            f"{self.queue_id}: {outcome}, score={scan.score:.1f}"
            f" ms={1000 * (time.monotonic() - started):.0f}"
            f" scanned={self.copy.size} client={self.client.address or 'unknown'}"
            f" tests={','.join(scan.tests)}"
        )
        if refusal:
            return self.refuse(refusal)
        return self.let_in(verdict.headers(scan))

    def refusal(self, scan: Scan) -> str:
        """Return why the message is refused; empty if it isn't."""
        limit, contact = self.settings.reject_score, self.settings.contact
        if scan.score >= limit:
            return verdict.refusal(scan, limit, contact)
        # Forwarded, spam would be ours to the next server. Only its sender can be told.
        if scan.spam and self.leads_out:
            return verdict.forward_refusal(scan, contact)
        return ""

    def scan(self) -> Scan:
        """Have spamd scan the message when one of its children is free."""
        # The network of a user who has logged in must not add to the score.
        client = Client() if self.login else self.client
        top = trace(client, self.server, self.queue_id, self.sender)
        with self.concurrency.slot(self.settings.queue_timeout):
            try:
                return ask(
                    self.spamd,
                    [self.results, top, *self.copy.pieces],
                    self.settings.answer_timeout,
                    self.user,
                )
            except NoAnswerError:
                # The supervisor replaces the hanging spamd.
                os.kill(os.getpid(), signal.SIGUSR2)
                raise

    def let_in(self, headers: list[tuple[str, str]]) -> int:
        """Accept the message, with *headers* unless a user has sent it."""
        for number in range(self.leads_out, 0, -1):
            self.chgheader(LEADS_OUT, number, "")
        for name, value in headers if not self.login else []:
            # Postfix puts no space after the colon since we asked for leading space.
            self.addheader(name, f" {value}")
        self.reset()
        return Milter.CONTINUE

    def let_in_unscanned(self, reason: str) -> int:
        """Accept a message without a verdict, as timeout_action says."""
        say(f"{self.queue_id}: unscanned, {reason}")
        return self.let_in(verdict.unscanned(reason))

    def refuse(self, reason: str) -> int:
        """Answer 550."""
        self.setreply("550", "5.7.1", reason)
        self.reset()
        return Milter.REJECT

    def defer(self, reason: str) -> int:
        """Answer 451, and tell the log why."""
        say(f"{self.queue_id}: deferred, {reason}")
        self.setreply("451", "4.7.1", "The spam filter is not available, try again")
        self.reset()
        return Milter.TEMPFAIL

    @property
    def server(self) -> str:
        """Our host name, which is also in our Authentication-Results."""
        return self.getsymval("j") or "localhost"

    @property
    def user(self) -> str:
        """
        Whose training Bayes uses for the message.

        A message is scanned once: it is the recipient's if there is only one, else the
        site's. An alias has no training, so the site's counts.
        """
        if self.settings.learning == "site" or len(self.recipients) != 1:
            return SITE
        return self.bayes_database.judge(mailbox(self.recipients[0]))

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
    Milter.set_flags(Milter.ADDHDRS + Milter.CHGHDRS)
    listening = listener(listen)
    Milter.runmilter("spam-milter", f"fd:{listening.fileno()}")
