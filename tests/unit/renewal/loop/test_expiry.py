"""Which certificates are a problem, and which are urgent."""

from datetime import timedelta

import pytest

from stack.certs.store import Stored
from stack.renewal.loop.expiry import Expiry, expiries
from stack.renewal.requests import CertificateRequest
from stack.renewal.state.state_file import (
    CertificateState,
    Failure,
    PendingRollover,
    State,
)
from tests.support.certs.authority import DAY, HOST
from tests.support.renewal.certbot_lab import NOW, bundle, certificate

FAILURE = Failure(reason="no way", since=NOW - DAY, count=3, retry_at=NOW + DAY)
PENDING = PendingRollover(reason="its key is new", ttl=300, seen_at=None)
SECOND = timedelta(seconds=1)


def seen(
    left: timedelta,
    *,
    lifetime: timedelta = 90 * DAY,
    renewed: bool = False,
    beside: timedelta | None = None,
    **facts: object,
) -> Expiry:
    """Return the expiry of a certificate that ends after *left*."""
    bundles = {HOST: bundle(certificate(begin=left - lifetime, end=left))}
    if beside:
        bundles[f"{HOST}.rsa"] = bundle(certificate(end=beside))
    [found] = expiries(
        {HOST: Stored(HOST, bundles)},
        {HOST: CertificateRequest(HOST, (HOST,))} if renewed else {},
        State(certificates={HOST: CertificateState(**facts)} if facts else {}),
        NOW,
    )
    assert found.name == HOST
    return found


def judged(found: Expiry) -> tuple[bool, bool]:
    """Return whether that is a problem, and whether it is urgent."""
    return found.problem, found.urgent


@pytest.mark.parametrize(
    ("left", "lifetime"),
    [(60, 90), (23, 90), (5, 6), (2, 6), (700, 825)],
)
def test_renewed_certificate_is_no_problem(left, lifetime):
    """So is a certificate for six days, which always ends soon."""
    found = seen(left * DAY, lifetime=lifetime * DAY, renewed=True)

    assert judged(found) == (False, False)
    assert found.remark == ""
    assert found.comes_from == "authority"
    assert found.words == f"ends on {NOW + left * DAY:%Y-%m-%d %H:%M} UTC"


def test_unrenewed_certificate_is_no_problem_before_14_days():
    """The operator may bring the next one."""
    assert judged(seen(14 * DAY + SECOND)) == (False, False)


@pytest.mark.parametrize("facts", [{}, {"comes_from": "operator"}])
def test_unrenewed_certificate_is_urgent_within_14_days(facts):
    """The remark names the commands."""
    found = seen(14 * DAY, **facts)

    assert judged(found) == (True, True)
    assert found.remark == (
        "ends in 14 days and nobody renews it: `stack cert issue`, or"
        " `stack cert import` with a new one"
    )


@pytest.mark.parametrize("left", [timedelta(0), -DAY])
def test_expired_certificate_is_urgent(left):
    """With the time."""
    found = seen(left)

    assert judged(found) == (True, True)
    assert found.remark == f"expired on {NOW + left:%Y-%m-%d %H:%M} UTC"


@pytest.mark.parametrize("facts", [{"renewed": True}, {"comes_from": "folder"}])
def test_overdue_renewal_is_a_problem(facts):
    """In the last quarter of the lifetime it should have been renewed long ago."""
    left = 90 * DAY / 4

    assert judged(seen(left, **facts)) == (False, False)
    found = seen(left - SECOND, **facts)
    assert judged(found) == (True, False)
    assert found.remark == "its renewal is overdue: see whether the service certs runs"


def test_overdue_renewal_of_short_certificate_is_urgent():
    """Its quarter is a day and a half."""
    assert judged(seen(1 * DAY, lifetime=6 * DAY, renewed=True)) == (True, True)


@pytest.mark.parametrize(("left", "urgent"), [(25, False), (14, True), (-1, True)])
def test_failing_renewal_is_a_problem(left, urgent):
    """Urgent only when the end is near: most failures pass by themselves."""
    found = seen(left * DAY, renewed=True, failure=FAILURE, comes_from="authority")

    assert judged(found) == (True, urgent)
    assert (
        f"renewal has failed 3 times since {NOW - DAY:%Y-%m-%d %H:%M} UTC, is tried"
        f" again at {NOW + DAY:%Y-%m-%d %H:%M} UTC: no way"
    ) in found.remark
    assert "overdue" not in found.remark


@pytest.mark.parametrize(("left", "problem"), [(60, False), (14, True)])
def test_pending_rollover_is_a_problem_only_near_the_end(left, problem):
    """The operator has time to publish the record."""
    found = seen(left * DAY, lifetime=50 * DAY, renewed=True, pending_rollover=PENDING)

    assert judged(found) == (problem, problem)
    assert found.remark == "a newer one is not served yet: its key is new"


def test_all_remarks_are_joined():
    """In one remark, the end first."""
    found = seen(-DAY, comes_from="folder", failure=FAILURE, pending_rollover=PENDING)

    parts = found.remark.split("; ")
    assert [each.partition(" ")[0] for each in parts] == ["expired", "renewal", "a"]
    assert found.words == f"ends on {NOW - DAY:%Y-%m-%d %H:%M} UTC; {found.remark}"


def test_earlier_end_of_ecdsa_and_rsa_counts():
    """Old clients get the RSA certificate."""
    assert seen(60 * DAY, beside=5 * DAY).not_after == NOW + 5 * DAY
    assert seen(60 * DAY, beside=5 * DAY).urgent


@pytest.mark.parametrize("source", ["authority", "folder", "operator", None])
def test_source_of_the_next_certificate_is_shown(source):
    """It is the recorded one, unless an authority has issued the certificate."""
    assert seen(60 * DAY, comes_from=source).comes_from == source
    assert seen(60 * DAY, renewed=True, comes_from=source).comes_from == "authority"
