"""Which certificates expire soon, and which renewals fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stack.certs.store import Stored
from stack.renewal import requests
from stack.renewal.requests import CertificateRequest
from stack.renewal.state.state_file import CertificateState, Source, State, load
from stack.system.project import Project

# The postmaster gets a notice once a day from this long before the end.
NOTICE_PERIOD = timedelta(days=14)

# Sources that are renewed without the operator.
AUTOMATIC = ("authority", "folder")

# Renewal is due when a third of the lifetime is left, so it is overdue when less than
# this part of it is: a quarter.
OVERDUE_PART = 4


@dataclass(frozen=True)
class Expiry:
    """When one certificate expires, and what the operator should know of it."""

    name: str
    not_after: datetime
    """In UTC; of the two with ECDSA and RSA, the one that ends first."""
    comes_from: Source | None
    """Where the next one comes from; None if not known."""
    remark: str
    """What the operator should know; empty if nothing."""
    problem: bool
    """Whether the operator must do something."""
    urgent: bool
    """Whether the operator must do it within days."""

    @property
    def words(self) -> str:
        """When it ends, and the remark."""
        end = f"ends on {self.not_after:%Y-%m-%d %H:%M} UTC"
        return f"{end}; {self.remark}" if self.remark else end


def current(project: Project) -> list[Expiry]:
    """
    Return the expiry of each certificate of *project* now.

    Raises:
        UnableError: When state.json can't be read.
    """
    state = load(project)
    known = {request.name: request for request in requests.issued(project, state)}
    return expiries(requests.in_use(project), known, state, datetime.now(UTC))


def expiries(
    stored: Mapping[str, Stored],
    known: Mapping[str, CertificateRequest],
    state: State,
    now: datetime,
) -> list[Expiry]:
    """Return the expiry of each certificate at the time *now*, in UTC."""
    return [
        _expiry(
            each, name in known, state.certificates.get(name, CertificateState()), now
        )
        for name, each in stored.items()
    ]


def _expiry(
    stored: Stored, is_renewed: bool, remembered: CertificateState, now: datetime
) -> Expiry:
    end = min(bundle.not_after for bundle in stored.bundles.values())
    left = end - now
    source = "authority" if is_renewed else remembered.comes_from
    remarks = []
    if left <= timedelta(0):
        remarks.append(f"expired on {end:%Y-%m-%d %H:%M} UTC")
    elif left <= NOTICE_PERIOD and source not in AUTOMATIC:
        remarks.append(
            f"ends in {left.days} days and nobody renews it: `stack cert issue`, or"
            " `stack cert import` with a new one"
        )
    if (
        source in AUTOMATIC
        and not remembered.failure
        and left < _lifetime(stored) / OVERDUE_PART
    ):
        remarks.append("its renewal is overdue: see whether the service certs runs")
    if remembered.failure:
        failure = remembered.failure
        often = "once" if failure.count == 1 else f"{failure.count} times"
        remarks.append(
            f"renewal has failed {often} since"
            f" {failure.since:%Y-%m-%d %H:%M} UTC, is tried again at"
            f" {failure.retry_at:%Y-%m-%d %H:%M} UTC: {failure.reason}"
        )
    problem = bool(remarks) or bool(
        remembered.pending_rollover and left <= NOTICE_PERIOD
    )
    if remembered.pending_rollover:
        remarks.append(
            f"a newer one is not served yet: {remembered.pending_rollover.reason}"
        )
    return Expiry(
        name=stored.name,
        not_after=end,
        comes_from=source,
        remark="; ".join(remarks),
        problem=problem,
        urgent=problem and left <= NOTICE_PERIOD,
    )


def _lifetime(stored: Stored) -> timedelta:
    leaf = stored.main.leaf
    return leaf.not_valid_after_utc - leaf.not_valid_before_utc
