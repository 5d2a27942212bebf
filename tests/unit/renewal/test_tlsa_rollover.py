"""A new key waits until its TLSA record is in all caches (RFC 7671 §8.4)."""

from datetime import timedelta

import pytest

from stack.dns import tlsa
from stack.dns.tlsa import END_ENTITY, KEY, SHA256, TRUST_ANCHOR, Published, Tlsa
from stack.renewal import tlsa_rollover
from stack.renewal.state.state_file import PendingRollover
from stack.system.errors import UnableError
from tests.support.certs.authority import HOST
from tests.support.renewal.certbot_lab import MIDDLE, NOW, bundle, certificate

OLD, NEW = bundle(certificate()), bundle(certificate())
RENEWED = bundle(certificate(key=OLD.key))
DOWN = UnableError("the DNS doesn't say")
HOUR = timedelta(hours=1)


def record(of: bundle) -> Tlsa:
    """Return the record 3 1 1 for the key of *of*."""
    return Tlsa(END_ENTITY, KEY, SHA256, bytes.fromhex(of.key_digest))


@pytest.fixture
def dns(monkeypatch):
    """Say what the DNS answers from now on."""

    def answer(*records: Tlsa, ttl: int = 3600, error: UnableError | None = None):
        def published(host: str) -> Published:
            assert host == HOST
            if error:
                raise error
            return Published(frozenset(records), ttl if records else 0)

        monkeypatch.setattr(tlsa, "published", published)

    return answer


def held(
    new=(NEW,), before: PendingRollover | None = None, now=NOW, served=(OLD,)
) -> PendingRollover | None:
    """Return why the *new* ones can't be served."""
    return tlsa_rollover.pending(HOST, list(new), list(served), before, now)


def test_key_with_tlsa_record_is_kept(dns):
    """Renewals need no operator then."""
    dns(record(OLD))
    assert tlsa_rollover.must_keep_key(HOST)

    dns()
    assert not tlsa_rollover.must_keep_key(HOST)


def test_key_is_kept_if_dns_fails(dns):
    """A name server that is down must not lead to another key."""
    dns(error=DOWN)

    assert tlsa_rollover.must_keep_key(HOST)


def test_same_key_needs_no_rollover(dns):
    """The DNS isn't even asked."""
    dns(error=DOWN)

    assert held([RENEWED]) is None


def test_no_records_no_rollover(dns):
    """No key was promised."""
    dns()

    assert held() is None


@pytest.mark.parametrize("ttl", [0, 86400])
def test_record_published_before_needs_no_wait(dns, ttl):
    """The operator has published it in advance."""
    dns(record(OLD), record(NEW), ttl=ttl)

    assert held() is None


def test_trust_anchor_record_matches_its_certificates(dns):
    """Trust anchors (usage 2) promise no key of ours."""
    digest = bytes.fromhex(bundle(MIDDLE).key_digest)
    dns(Tlsa(TRUST_ANCHOR, KEY, SHA256, digest))

    assert held() is None


def test_new_key_without_record_waits(dns):
    """And the operator reads what to publish."""
    dns(record(OLD))

    found = held()

    assert found
    assert (found.ttl, found.seen_at) == (3600, None)
    assert f"_25._tcp.{HOST} has TLSA records for another one: publish TLSA 3 1 1" in (
        found.reason
    )
    assert NEW.key_digest in found.reason
    assert OLD.key_digest not in found.reason


def test_each_of_two_keys_needs_its_record(dns):
    """RSA beside ECDSA: a client may be shown either."""
    dns(record(OLD), record(NEW))
    other = bundle(certificate())

    found = held([NEW, other])

    assert found
    assert f"{other.key_digest}" in found.reason


def test_wait_lasts_one_ttl_from_first_sight_of_the_record(dns):
    """Resolvers may cache the old records for so long."""
    dns(record(OLD))
    first = held()
    dns(record(OLD), record(NEW))

    seen = held(before=first, now=NOW + HOUR)
    waiting = held(before=seen, now=NOW + 2 * HOUR - timedelta(seconds=1))

    assert seen
    assert seen.seen_at == NOW + HOUR
    assert f"{NOW + 2 * HOUR:%Y-%m-%d %H:%M} UTC" in seen.reason
    assert waiting == seen
    assert held(before=waiting, now=NOW + 2 * HOUR) is None


@pytest.mark.parametrize(("before", "after"), [(7200, 60), (60, 7200)])
def test_longest_ttl_counts(dns, before, after):
    """A TTL that was lowered with the new record is not in all caches yet."""
    dns(record(OLD), ttl=before)
    first = held()
    dns(record(OLD), record(NEW), ttl=after)

    seen = held(before=first)

    assert seen
    assert seen.ttl == 7200
    assert held(before=seen, now=NOW + 2 * HOUR) is None


def test_withdrawn_records_are_waited_for(dns):
    """Resolvers may still have them cached."""
    dns(record(OLD))
    first = held()
    dns()

    seen = held(before=first)

    assert seen
    assert seen.seen_at == NOW
    assert held(before=seen, now=NOW + HOUR) is None


def test_removed_record_restarts_the_wait(dns):
    """So does a change to yet another key."""
    before = PendingRollover(reason="", ttl=3600, seen_at=NOW - HOUR)
    dns(record(OLD))

    found = held(before=before)

    assert found
    assert found.seen_at is None


@pytest.mark.parametrize(
    "before", [None, PendingRollover(reason="", ttl=60, seen_at=NOW)]
)
def test_new_key_waits_if_dns_fails(dns, before):
    """The reason is returned, and the record must be seen again."""
    dns(error=DOWN)

    found = held(before=before, now=NOW + HOUR)

    assert found
    assert found.reason == "the DNS doesn't say"
    assert (found.seen_at, found.ttl) == (None, before.ttl if before else 0)


def test_first_certificate_waits_for_its_record(dns):
    """Nothing is served yet, and the record is of another server's key."""
    dns(record(OLD))

    assert held(served=())
