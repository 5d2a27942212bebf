"""
Delays a certificate with a new key until its TLSA record is known everywhere.

A key rollover has two steps (RFC 7671 §8.4): the operator publishes the record of the
new key beside the old one. When no resolver can have the old records cached any more,
the new key is served.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from stack.certs.bundle import Bundle
from stack.dns import tlsa
from stack.renewal.state.state_file import PendingRollover
from stack.system.errors import UnableError


def must_keep_key(host: str) -> bool:
    """Say whether renewals for *host* must keep the key: the DNS has TLSA records."""
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
    Return the rollover that the *new* certificates must wait for; None if they needn't.

    Args:
        host: MAIL_HOSTNAME.
        new: The certificates to serve.
        served: The certificates that are served now; their keys need no new record.
        before: The result of the last call.
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
        " UTC on, when the old records have left all caches",
        ttl=ttl,
        seen_at=seen,
    )


def records_to_publish(host: str, new: Sequence[Bundle]) -> str:
    """Say which records to publish before *new* can be served."""
    records = " and ".join(f"TLSA {tlsa.record_for(each)}" for each in new)
    return (
        f"its key is new, and {tlsa.name_of(host)} has TLSA records for another one:"
        f" publish {records} there beside them"
    )
