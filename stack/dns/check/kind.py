"""The form of a check: what it is for, and the function that judges."""

from collections.abc import Callable
from dataclasses import dataclass

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.lookup.asker import Asker
from stack.dns.records import Record

# Judges a subject. It may raise SilentError: the finding is then that nobody answers.
Check = Callable[[Subject, Facts, Asker], Finding]


@dataclass(frozen=True)
class Kind:
    """Records of one purpose."""

    name: str
    """As people call it: MX, SPF, DKIM."""
    type: str
    """The type of its records."""
    check: Check
    begins: str = ""
    """What each of its records begins with, to tell apart those of one type."""

    def includes(self, record: Record) -> bool:
        """Say whether *record* is of this kind."""
        return record.type == self.type and record.value.startswith(self.begins)
