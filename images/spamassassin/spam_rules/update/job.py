"""When the updater looks for rules, what it logs, and what it remembers."""

import contextlib
from pathlib import Path

from milter_runtime.log import say

from spam_rules import schedule
from spam_rules.config import Config
from spam_rules.schedule import State
from spam_rules.sets import Sets, versions
from spam_rules.update import updater
from spam_rules.update.command import FailedError


class Job:
    """The updates of *sets*, with their state in the file *memory*."""

    def __init__(self, sets: Sets, memory: Path) -> None:
        self.sets = sets
        self.memory = memory
        self.state = schedule.load(memory)

    def step(self, wanted: Config, asked: bool, now: float) -> None:
        """Look for new rules if it is time by the clock *now*, or if *asked* to."""
        if not wanted.update:
            self.stop()
        elif asked or self.state.due(wanted, now):
            self.remember(self.look(wanted, now))

    def stop(self) -> None:
        """Have the rules of the image used from now on."""
        if self.sets.reset():
            say("rules: those of the image are used, as SPAM_RULES_UPDATE is no")
        if self.state != State():
            self.remember(State())

    def look(self, wanted: Config, now: float) -> State:
        """Look for new rules; say what is new, and once what keeps failing."""
        name, failed = self.outcome(wanted)
        if name:
            rules = self.sets.rules(self.sets.chosen())
            say(f"rules: {name} is ready: {versions(rules, wanted.channels)}")
        if failed:
            if failed != self.state.reason:
                say(f"rules: not updated, those in use stay: {failed}")
            return self.state.failure(failed, wanted, now)
        if self.state.reason and not name:
            say("rules: up to date again")
        return State.success(wanted, now)

    def outcome(self, wanted: Config) -> tuple[str, str]:
        """Return the new set and what failed; either may be empty."""
        try:
            return updater.look(self.sets, wanted)
        except (FailedError, OSError) as error:
            return "", str(error)

    def remember(self, state: State) -> None:
        """Keep *state*, if need be in memory only: on a full disk there is no room."""
        self.state = state
        with contextlib.suppress(OSError):
            schedule.save(self.memory, state)
