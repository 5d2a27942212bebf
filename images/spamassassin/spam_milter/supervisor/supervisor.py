"""Keeps one spamd in use, and changes it for another when the rules change."""

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
AGAINST = RUN / "against"
"""The configuration that no spamd could be started on, and why."""
PATIENCE = 1.5
"""Seconds that spamd has to end by itself; docker stop should not wait for it."""

GRACE = 5
"""Seconds that a spamd which was replaced has to end. One that hangs is killed then."""


class NoSpamdError(Exception):
    """There is no spamd to go on with."""


class Keeper:
    """The spamd in use, and the one that is getting ready to take its place."""

    def __init__(self) -> None:
        self.used: Spamd | None = None
        self.next: Spamd | None = None
        self.settings: config.Config
        """What the spamd in use goes by; before the first, what that will go by."""
        self.coming: config.Config
        self.ending: list[tuple[float, Spamd]] = []
        """The replaced ones, each with the moment of the clock when it is killed."""

    @property
    def unsettled(self) -> bool:
        """Whether there is something to look after, besides what signals tell."""
        return bool(self.next or self.ending)

    def follow(self) -> None:
        """
        Go by the configuration as it is now, if no spamd does.

        Raises:
            NoSpamdError: If it can't be started and there is none to fall back on.
        """
        if not self.used or self.used.rules != LIVE.resolve():
            self.renew()
            return
        # What was tried is taken back.
        if self.next:
            self.next.end()
            self.next = None
        self.used.use()

    def renew(self) -> None:
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
            self.coming = config.load(rules / "spam-milter.conf")
            if not self.used:
                self.settings = self.coming
            verbose = self.coming.log_level == "debug"
            self.next = Spamd(rules, cgroup_limits.children(), verbose)
        except (OSError, ConfigError) as error:
            self.fall_back(rules, str(error))

    def replace(self) -> None:
        """
        Start another spamd, because the one in use hangs.

        Raises:
            NoSpamdError: Never, as there is one to fall back on.
        """
        # Whoever waited for one that was just replaced tells of it only now.
        if self.used and not self.next and not self.ending:
            say(f"spamd {self.used.pid} hangs, starting another")
            self.renew()

    def advance(self) -> None:
        """Put the next spamd to use if it is ready."""
        if not self.next:
            return
        if not self.next.answers():
            if time.monotonic() - self.next.started > self.coming.start_timeout:
                self.next.kill()
            return
        # Newer rules came while it was reading: it may have read half a folder.
        if not self.next.rules.exists():
            self.renew()
            return
        self.settings = self.coming
        SpamMilter.config, SpamMilter.spamd = self.settings, str(SOCKET)
        SpamMilter.slots.number = self.next.children
        self.next.use()
        if self.used:
            self.used.end()
            self.ending.append((time.monotonic() + GRACE, self.used))
        self.used, self.next = self.next, None
        say(
            f"spamd {self.used.pid} is in use, with {self.used.rules}"
            f" and the rules {self.used.set}"
        )

    def kill_the_hanging(self) -> None:
        """Kill what is left of replaced spamds whose time is over."""
        due = [spamd for moment, spamd in self.ending if moment <= time.monotonic()]
        for spamd in due:
            spamd.kill()
        self.ending = [(at, spamd) for at, spamd in self.ending if spamd not in due]

    def bury(self) -> None:
        """
        Take note of every child that has died.

        Raises:
            NoSpamdError: If no spamd is left.
        """
        while dead := dead_child():
            if self.used and dead == self.used.pid:
                raise NoSpamdError("spamd is gone, so we end: Docker starts us anew")
            if self.next and dead == self.next.pid:
                rules, self.next = self.next.rules, None
                self.fall_back(
                    rules, "spamd ended, or was too slow, while it read the rules"
                )

    def fall_back(self, rules: Path, reason: str) -> None:
        """Stay with the spamd in use, if there is one, and not with *rules*."""
        if not self.used:
            raise NoSpamdError(f"not starting: {reason}")
        AGAINST.write_text(f"{rules}\n{reason}")
        say(f"{reason}; the spamd with {self.used.rules} stays in use")
        self.used.use()

    def end(self) -> None:
        """End every spamd, with patience for a moment only."""
        left = {spamd.pid for spamd in (self.used, self.next) if spamd}
        for spamd in filter(None, (self.used, self.next)):
            spamd.end()
        deadline = time.monotonic() + PATIENCE
        while left and time.monotonic() < deadline:
            left.discard(dead_child() or 0)
            time.sleep(0.02)


def reason_against(rules: Path) -> str:
    """Return why no spamd could be started on *rules*; nothing if none has failed."""
    try:
        found, _, reason = AGAINST.read_text().partition("\n")
    except FileNotFoundError:
        return ""
    return reason if found == str(rules) else ""


def dead_child() -> int | None:
    """Return the process id of a dead child, ours or an orphan left to process 1."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] or None
    except ChildProcessError:
        return None
