"""Has spamd learn the spooled requests, one after the other."""

import io
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from milter_runtime.log import say

from spam_milter.bayes import Bayes
from spam_milter.config import Config
from spam_milter.spamc import request
from spam_milter.spamc.client import exchange
from spam_milter.spamc.concurrency import BusyError, ConcurrencyLimit
from spam_milter.spamc.request import BadRequestError, Request
from spam_milter.training import training_request
from spam_milter.training.spool import Spool

PAUSE = 1.0
"""Seconds until the next attempt after a failure."""
LONGEST_PAUSE = 600.0
TIMEOUT = 120.0
"""Seconds for one message, and before that for a free child of spamd."""
MAX_FAILURES = 3
"""How often a message may fail while others are learnt."""
MIN_FREE_BYTES = 16 << 20
"""With less free disk, in bytes, a failure is not the message's fault."""


class NotNowError(Exception):
    """Why no message can be learnt now."""


@dataclass
class Failure:
    """A request that spamd could not follow."""

    about: bytes
    """Its message, as training_request.digest returns it."""
    again: float
    """When to try again, on the monotonic clock."""
    learnt: int
    """How many others had been learnt when it first failed."""
    count: int = 1


class Learner:
    """Empties *spool* into the spamd that listens on the socket *spamd*."""

    def __init__(
        self,
        spool: Spool,
        bayes: Bayes,
        spamd: str,
        config: Callable[[], Config],
        concurrency: ConcurrencyLimit,
    ) -> None:
        self.spool, self.bayes = spool, bayes
        self.spamd, self.config, self.concurrency = spamd, config, concurrency
        self.failures: dict[str, Failure] = {}
        self.learnt = 0
        self.said = ""

    def run(self) -> None:
        """Learn the waiting requests, and those that come, for ever."""
        while True:
            self.spool.filled.clear()
            left = True
            try:
                left = self.work()
                self.said = ""
            except NotNowError as error:
                self.say_once(f"learning waits: {error}")
            except Exception as error:  # scans go on without it
                self.say_once(f"learning waits: {type(error).__name__}: {error}")
            self.spool.filled.wait(PAUSE if left else None)
            if self.said:
                time.sleep(PAUSE)

    def work(self) -> bool:
        """
        Try once to learn each message that waits.

        A later request about the same message waits for one that failed, so that the
        last request decides.

        Returns:
            Whether a request is left to try again.

        Raises:
            NotNowError: No other request would succeed either.
        """
        unsettled: set[bytes] = set()
        for path in self.spool.waiting():
            failure = self.failures.get(path.name)
            if failure and time.monotonic() < failure.again:
                unsettled.add(failure.about)
                continue
            data = path.read_bytes()
            about = training_request.digest(data)
            if about in unsettled:
                continue
            if fault := self.learn(path, data):
                self.failed(path, about, fault)
                unsettled.add(about)
            else:
                self.learnt += 1
                self.forget(path)
        return bool(unsettled)

    def learn(self, path: Path, data: bytes) -> str | None:
        """Have spamd learn *data*, the file *path*, or return why it can't."""
        try:
            told = request.read(io.BytesIO(data), request.MAX_MESSAGE_BYTES)
        except BadRequestError as error:
            return f"the file is damaged: {error}"
        started = time.monotonic()
        for user in training_request.users_to_train(
            told, self.config().learning == "user"
        ):
            if fault := self.tell(told, user):
                return fault
            ms = 1000 * (time.monotonic() - started)
            what = training_request.description(told)
            say(f"learnt {what}: {path.name}, for {user}, ms={ms:.0f}")
        return None

    def tell(self, told: Request, user: str) -> str | None:
        """Have spamd follow the request *told* for *user*, or return why it can't."""
        headers = {**told.headers, "user": user}
        try:
            with self.concurrency.slot(TIMEOUT):
                deadline = time.monotonic() + TIMEOUT
                answer = exchange(self.spamd, "TELL", [told.message], deadline, headers)
        except BusyError as error:
            raise NotNowError(str(error)) from None
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotNowError(f"no spamd to teach: {error}") from None
        except OSError as error:
            return f"spamd gave no answer: {error}"
        first = answer.partition(b"\r\n")[0].decode("ascii", "replace")
        return None if first.endswith(" 0 EX_OK") else f"spamd answered {first[:100]!r}"

    def failed(self, path: Path, about: bytes, fault: str) -> None:
        """
        Find out why *path*, about the message *about*, was not learnt.

        Raises:
            NotNowError: The disk or the database is at fault, not the message.
        """
        if (room := shutil.disk_usage(path.parent).free) < MIN_FREE_BYTES:
            raise NotNowError(f"the volume has {room >> 20} MiB left; {fault}")
        if damage := self.bayes.fault():
            self.bayes.prepare()
            raise NotNowError(damage)
        failure = self.failures.setdefault(path.name, Failure(about, 0, self.learnt, 0))
        failure.count += 1
        pause = min(PAUSE * 2**failure.count, LONGEST_PAUSE)
        failure.again = time.monotonic() + pause
        others = self.learnt > failure.learnt
        if failure.count >= MAX_FAILURES and others:
            say(f"not learnt, and given up: {path.name}: {fault}")
            self.forget(path)
        else:
            say(f"not learnt, tried again in {pause:.0f} s: {path.name}: {fault}")

    def forget(self, path: Path) -> None:
        """Remove the file *path*, and its failures."""
        self.spool.remove(path)
        self.failures.pop(path.name, None)

    def say_once(self, text: str) -> None:
        """Say *text*, if it isn't what was said last."""
        if text != self.said:
            self.said = text
            say(text)


def prepare(spool: Spool, bayes: Bayes) -> None:
    """Make the spool and the database. Scans go on without either."""
    for part in (spool, bayes):
        try:
            part.prepare()
        except (OSError, sqlite3.Error) as error:
            say(
                f"learning has to do without its {type(part).__name__.lower()}: {error}"
            )
