"""
Whether a certificate may be served yet, by the TLSA records in the DNS.

A new key is taken into use in two steps (RFC 7671 §8.4): first its record is published
beside the old one, and only when nobody can remember the time before, it is served.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from stack.certs.bundle import Bundle
from stack.dns import tlsa
from stack.renewal.state.state_file import PendingRollover
from stack.system.errors import UnableError


def must_keep_key(host: str) -> bool:
    """Say whether the next certificate for *host* must have the key of the last."""
    try:
        return bool(tlsa.published(host).records)
    except UnableError:
        return True


def pending(
    host: str,
    new: Sequence[Bundle],
    served: Sequence[Bundle],
    before: PendingRollover | None,
    now: datetime,
) -> PendingRollover | None:
    """
    Return why the *new* certificates can't be served yet; nothing if they can.

    Args:
        host: MAIL_HOSTNAME.
        new: What is to be served.
        served: What is served now: its keys need no new record.
        before: What was returned when it was asked last.
        now: In UTC.
    """
    if {each.key_digest for each in new} <= {each.key_digest for each in served}:
        return None
    try:
        found = tlsa.published(host)
    except UnableError as error:
        return PendingRollover(
            reason=str(error), ttl=before.ttl if before else 0, seen_at=None
        )
    ttl = max(found.ttl, before.ttl if before else 0)
    if not found.fit(new):
        return PendingRollover(
            reason=records_to_publish(host, new), ttl=ttl, seen_at=None
        )
    seen = (before.seen_at or now) if before else now - timedelta(seconds=ttl)
    ready = seen + timedelta(seconds=ttl)
    if now >= ready:
        return None
    return PendingRollover(
        reason=f"its TLSA record is published; it is served from {ready:%Y-%m-%d %H:%M}"
        " UTC on, when nobody remembers the records before",
        ttl=ttl,
        seen_at=seen,
    )


def records_to_publish(host: str, new: Sequence[Bundle]) -> str:
    """Return what to publish before *new* can be served."""
    records = " and ".join(f"TLSA {tlsa.record_for(each)}" for each in new)
    return (
        f"its key is new, and {tlsa.name_of(host)} has TLSA records for another one:"
        f" publish {records} there beside them"
    )
