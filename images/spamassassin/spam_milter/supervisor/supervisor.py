"""Keeps one spamd in use, and replaces it when the configuration changes."""

import os
import time
from pathlib import Path

from milter_runtime.config_file import ConfigError
from milter_runtime.log import say

from spam_milter import config
from spam_milter.milter.milter import SpamMilter
from spam_milter.supervisor import cgroup_limits
from spam_milter.supervisor.spamd import RUN, SOCKET, Spamd

LIVE = Path("/live/current")
REFUSED = RUN / "refused"
"""The configuration with which spamd did not start, and why."""
TIMEOUT = 1.5
"""Seconds that spamd has to end by itself; docker stop should not wait for it."""

GRACE = 5
"""Seconds that a replaced spamd has to end before it is killed."""


class NoSpamdError(Exception):
    """There is no spamd left."""


class Supervisor:
    """The spamd in use, and the one that is starting to replace it."""

    def __init__(self) -> None:
        self.current: Spamd | None = None
        self.next: Spamd | None = None
        self.settings: config.Config
        """The settings of the spamd in use; before the first, its future ones."""
        self.next_settings: config.Config
        self.ending: list[tuple[float, Spamd]] = []
        """The replaced ones, each with the time of the clock when it is killed."""

    @property
    def in_transition(self) -> bool:
        """Whether a spamd is starting or ending, which no signal reports."""
        return bool(self.next or self.ending)

    def apply_current_config(self) -> None:
        """
        Have a spamd use the configuration as it is now.

        Raises:
            NoSpamdError: If it can't be started and there is none to fall back on.
        """
        if not self.current or self.current.rules != LIVE.resolve():
            self.start_next()
            return
        # The configuration on trial was taken back.
        if self.next:
            self.next.end()
            self.next = None
        self.current.use()

    def start_next(self) -> None:
        """
        Start a spamd on the configuration as it is now.

        Raises:
            NoSpamdError: If it can't be started and there is none to fall back on.
        """
        if self.next:
            self.next.end()
            self.next = None
        rules = LIVE.resolve()
        try:
            self.next_settings = config.load(rules / "spam-milter.conf")
            if not self.current:
                self.settings = self.next_settings
            verbose = self.next_settings.log_level == "debug"
            self.next = Spamd(rules, cgroup_limits.children(), verbose)
        except (OSError, ConfigError) as error:
            self.fall_back(rules, str(error))

    def replace_hanging(self) -> None:
        """
        Start another spamd, because the one in use hangs.

        Raises:
            NoSpamdError: Never, as the one in use stays.
        """
        # A client of one that was just replaced reports it only now.
        if self.current and not self.next and not self.ending:
            say(f"spamd {self.current.pid} hangs, starting another")
            self.start_next()

    def switch_if_ready(self) -> None:
        """Switch to the next spamd if it is ready, and end the one before."""
        if not self.next:
            return
        if not self.next.answers():
            if time.monotonic() - self.next.started > self.next_settings.start_timeout:
                self.next.kill()
            return
        # The folder was replaced while spamd read it: it may have read half of it.
        if not self.next.rules.exists():
            self.start_next()
            return
        self.settings = self.next_settings
        SpamMilter.config, SpamMilter.spamd = self.settings, str(SOCKET)
        SpamMilter.concurrency.maximum = self.next.children
        self.next.use()
        if self.current:
            self.current.end()
            self.ending.append((time.monotonic() + GRACE, self.current))
        self.current, self.next = self.next, None
        say(
            f"spamd {self.current.pid} is in use, with {self.current.rules}"
            f" and the rules {self.current.set}"
        )

    def kill_overdue(self) -> None:
        """Kill what is left of replaced spamds whose time is over."""
        due = [spamd for moment, spamd in self.ending if moment <= time.monotonic()]
        for spamd in due:
            spamd.kill()
        self.ending = [(at, spamd) for at, spamd in self.ending if spamd not in due]

    def reap_children(self) -> None:
        """
        Reap each child that has ended.

        Raises:
            NoSpamdError: If no spamd is left.
        """
        while dead := dead_child():
            if self.current and dead == self.current.pid:
                raise NoSpamdError("spamd is gone, so we end: Docker starts us anew")
            if self.next and dead == self.next.pid:
                rules, self.next = self.next.rules, None
                self.fall_back(
                    rules, "spamd ended, or was too slow, while it read the rules"
                )

    def fall_back(self, rules: Path, reason: str) -> None:
        """Keep the spamd in use, if there is one, instead of one with *rules*."""
        if not self.current:
            raise NoSpamdError(f"not starting: {reason}")
        REFUSED.write_text(f"{rules}\n{reason}")
        say(f"{reason}; the spamd with {self.current.rules} stays in use")
        self.current.use()

    def end(self) -> None:
        """End every spamd, and wait for a moment until it has ended."""
        left = {spamd.pid for spamd in (self.current, self.next) if spamd}
        for spamd in filter(None, (self.current, self.next)):
            spamd.end()
        deadline = time.monotonic() + TIMEOUT
        while left and time.monotonic() < deadline:
            left.discard(dead_child() or 0)
            time.sleep(0.02)


def reason_against(rules: Path) -> str:
    """Return why spamd did not start with *rules*; empty if none has failed."""
    try:
        found, _, reason = REFUSED.read_text().partition("\n")
    except FileNotFoundError:
        return ""
    return reason if found == str(rules) else ""


def dead_child() -> int | None:
    """Return the process id of a dead child, ours or an orphan left to process 1."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] or None
    except ChildProcessError:
        return None
