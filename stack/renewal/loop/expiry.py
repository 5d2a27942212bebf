"""What there is to worry about: certificates that end, and renewals that fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stack.certs import store
from stack.certs.store import Stored
from stack.renewal import requests
from stack.renewal.requests import Wish
from stack.renewal.state.state_file import Remembered, Source, State, load
from stack.system.project import Project

# From here on the postmaster is told, once a day.
ALARM = timedelta(days=14)

# Who is renewed without the operator.
RENEWED = ("authority", "folder")

# A third of its lifetime before the end a certificate is renewed, or earlier.
LATE = 4


@dataclass(frozen=True)
class Outlook:
    """How one certificate stands."""

    name: str
    not_after: datetime
    """The end of the one that ends first."""
    comes_from: Source | None
    """Who has the next one; nobody if not known."""
    remark: str
    """What to know; nothing if there is nothing."""
    problem: bool
    """Whether the operator has to do something."""
    urgent: bool
    """Whether that is to be done within days."""

    @property
    def words(self) -> str:
        """The end of it, and what to know."""
        end = f"ends on {self.not_after:%Y-%m-%d %H:%M} UTC"
        return f"{end}; {self.remark}" if self.remark else end


def outlooks(project: Project) -> list[Outlook]:
    """
    Return how each certificate of *project* stands now.

    Raises:
        UnableError: When what is remembered can't be read.
    """
    state = load(project)
    known = {wish.name: wish for wish in requests.known(project, state)}
    return outlook(store.sound(project.tls), known, state, datetime.now(UTC))


def outlook(
    stored: Mapping[str, Stored],
    known: Mapping[str, Wish],
    state: State,
    now: datetime,
) -> list[Outlook]:
    """Return how each certificate stands *now*."""
    return [
        _of(each, name in known, state.certificates.get(name, Remembered()), now)
        for name, each in stored.items()
    ]


def _of(
    stored: Stored, is_renewed: bool, remembered: Remembered, now: datetime
) -> Outlook:
    end = min(bundle.not_after for bundle in stored.bundles.values())
    left = end - now
    source = "authority" if is_renewed else remembered.comes_from
    remarks = []
    if left <= timedelta(0):
        remarks.append(f"expired on {end:%Y-%m-%d %H:%M} UTC")
    elif left <= ALARM and source not in RENEWED:
        remarks.append(
            f"ends in {left.days} days and nobody renews it: `stack cert issue`, or"
            " `stack cert import` with a new one"
        )
    if source in RENEWED and not remembered.failure and left < _lifetime(stored) / LATE:
        remarks.append("its renewal is overdue: see whether the service certs runs")
    if remembered.failure:
        failure = remembered.failure
        often = "once" if failure.count == 1 else f"{failure.count} times"
        remarks.append(
            f"renewal has failed {often} since"
            f" {failure.since:%Y-%m-%d %H:%M} UTC, is tried again at"
            f" {failure.retry_at:%Y-%m-%d %H:%M} UTC: {failure.reason}"
        )
    problem = bool(remarks) or bool(remembered.hold and left <= ALARM)
    if remembered.hold:
        remarks.append(f"a newer one is not served yet: {remembered.hold.reason}")
    return Outlook(
        name=stored.name,
        not_after=end,
        comes_from=source,
        remark="; ".join(remarks),
        problem=problem,
        urgent=problem and left <= ALARM,
    )


def _lifetime(stored: Stored) -> timedelta:
    leaf = stored.main.leaf
    return leaf.not_valid_after_utc - leaf.not_valid_before_utc
