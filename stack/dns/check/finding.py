"""What a check finds: a record as it should be, and as it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from stack.dns.lookup.answers import Answer
from stack.dns.records import Record


class Status(IntEnum):
    """How a record is, in the order of urgency."""

    OK = 0
    WARNING = 1
    """Mail works, but something can be better, or is missing that nobody needs."""
    UNKNOWN = 2
    """Nobody has answered."""
    MISSING = 3
    WRONG = 4

    def __str__(self) -> str:
        """Return it as it is shown."""
        return self.name.lower()

    @property
    def is_failure(self) -> bool:
        """Whether mail may suffer, or nobody knows."""
        return self > Status.WARNING


@dataclass(frozen=True)
class Finding:
    """What is published for one purpose at one name."""

    domain: str
    """The domain of ours that it belongs to."""
    name: str
    kind: str
    """What it is, as people call it: MX, SPF, DKIM."""
    status: Status
    found: tuple[str, ...] = ()
    """What the DNS has."""
    wanted: tuple[Record, ...] = ()
    """What it should have."""
    remark: str = ""
    """What is wrong, and what to do; or what is worth knowing."""
    asked: str = ""
    """Who has said so: "name servers", "resolver", or empty if nobody was asked."""


@dataclass(frozen=True)
class Subject:
    """The records of one kind at one name, as they should be."""

    domain: str
    """The domain of ours that they belong to."""
    name: str
    kind: str
    type: str
    """The type to look up, such as TXT."""
    wanted: tuple[Record, ...] = ()

    def ok(self, found: Answer | Sequence[str], remark: str = "") -> Finding:
        """Return that what was *found* is right."""
        return self._finding(Status.OK, found, remark)

    def warning(self, found: Answer | Sequence[str], remark: str) -> Finding:
        """Return that what was *found*, perhaps nothing, can be better."""
        return self._finding(Status.WARNING, found, remark)

    def missing(self, remark: str, found: Answer | Sequence[str] = ()) -> Finding:
        """Return that nothing of use was *found*, and mail suffers from it."""
        return self._finding(Status.MISSING, found, remark)

    def wrong(self, found: Answer | Sequence[str], remark: str) -> Finding:
        """Return that what was *found* does harm."""
        return self._finding(Status.WRONG, found, remark)

    def unknown(self, remark: str) -> Finding:
        """Return that nobody has answered."""
        return self._finding(Status.UNKNOWN, (), remark)

    def instead(self, *wanted: Record) -> "Subject":
        """Return the same subject, with other records *wanted*."""
        return replace(self, wanted=wanted)

    def _finding(
        self, status: Status, found: Answer | Sequence[str], remark: str
    ) -> Finding:
        asked = ""
        if isinstance(found, Answer):
            asked = "name servers" if found.servers else "resolver"
            found = found.texts
        return Finding(
            self.domain,
            self.name,
            self.kind,
            status,
            tuple(found),
            self.wanted,
            remark,
            asked,
        )
