"""TLSA rollovers during renewals, and revocation of replaced certificates."""

from datetime import timedelta

import pytest

from stack.certs import store
from stack.dns import tlsa
from stack.dns.tlsa import END_ENTITY, KEY, SHA256, Published, Tlsa
from stack.renewal import requests
from stack.renewal.acme import issuance, lineages
from stack.renewal.acme.issuance import IssueOptions
from stack.renewal.deployment.deployer import Deployer
from stack.renewal.requests import CertificateRequest
from stack.renewal.state import state_file
from stack.renewal.state.state_file import PendingRollover
from stack.system.errors import StackError, UnableError
from tests.support.certs.authority import HOST
from tests.support.renewal.certbot_lab import (
    Certbot,
    initialised,
    install,
    remember,
    remembered,
    served,
    settings_of,
)

REQUEST = CertificateRequest(HOST, (HOST,))
BOTH = CertificateRequest(HOST, (HOST,), rsa=True)


class Dns:
    """The TLSA records of the host."""

    def __init__(self) -> None:
        self.digests: set[str] = set()
        self.down = False

    def published(self, host: str) -> Published:
        """Answer as the DNS does."""
        if self.down:
            raise UnableError("the DNS doesn't say")
        records = {
            Tlsa(END_ENTITY, KEY, SHA256, bytes.fromhex(each)) for each in self.digests
        }
        return Published(frozenset(records), 3600 if records else 0)


@pytest.fixture
def ready(project, stack):
    """The project after `stack init`."""
    return initialised(project, stack)


@pytest.fixture
def dns(monkeypatch) -> Dns:
    """The DNS, without records at first."""
    found = Dns()
    monkeypatch.setattr(tlsa, "published", found.published)
    return found


@pytest.fixture
def certbot(ready, monkeypatch) -> Certbot:
    """A certbot that issues from an authority of the tests."""
    return install(monkeypatch, ready)


@pytest.fixture
def issue(ready, dns, certbot):
    """Issue a certificate, and return the progress messages."""
    settings = settings_of(ready)

    def call(request=REQUEST, **options) -> list[str]:
        told: list[str] = []
        deployer = Deployer(ready, settings, told.append)
        issuance.issue(deployer, request, IssueOptions(**options))
        return told

    return call


def newest(project) -> str:
    """Return the digest of the key that was issued last."""
    found = lineages.latest(project.acme, HOST)
    assert found
    return found.key_digest


def wait_out(project) -> None:
    """Let the old records leave all caches."""
    found = state_file.load(project)
    pending = found.of(HOST).pending_rollover
    assert pending
    assert pending.seen_at
    pending.seen_at -= timedelta(seconds=pending.ttl)
    state_file.save(project, found)


def test_key_with_tlsa_record_survives_renewals(ready, dns, certbot, issue):
    """Renewals need no operator then."""
    issue()
    first = served(ready)
    dns.digests = {first.key_digest}

    certbot.due = True
    issue()

    assert served(ready).fingerprint != first.fingerprint
    assert served(ready).key_digest == first.key_digest
    assert remembered(ready).pending_rollover is None


def test_key_is_kept_if_dns_fails(ready, dns, certbot, issue):
    """The key may have a TLSA record."""
    issue()
    first = served(ready)
    dns.down = True

    issue(force=True)

    assert served(ready).key_digest == first.key_digest
    assert served(ready).fingerprint != first.fingerprint


def test_new_key_is_served_in_two_steps(ready, dns, certbot, issue):
    """It waits for its record, and then until the old records have left all caches."""
    issue()
    first = served(ready)
    dns.digests = {first.key_digest}

    told = issue(force=True, new_key=True)
    assert newest(ready) != first.key_digest == served(ready).key_digest
    assert f"TLSA 3 1 1 {newest(ready)}" in told[-1]
    assert requests.not_served(ready, REQUEST)

    dns.digests.add(newest(ready))
    assert "is published" in issue()[-1]
    assert served(ready).fingerprint == first.fingerprint

    wait_out(ready)
    issue()
    assert served(ready).key_digest == newest(ready)
    assert remembered(ready).pending_rollover is None
    assert not requests.not_served(ready, REQUEST)
    assert ["--new-key" in call for call in certbot.calls] == [
        False,
        True,
        False,
        False,
    ]


def test_pending_rollover_is_no_failure(ready, dns, issue):
    """A pending rollover is no failure: nothing is retried for it."""
    issue()
    dns.digests = {served(ready).key_digest}

    issue(force=True, new_key=True)

    assert remembered(ready).pending_rollover
    assert remembered(ready).failure is None
    assert remembered(ready).comes_from == "authority"


def test_despite_tlsa_serves_the_new_key_at_once(ready, dns, issue):
    """DANE clients may refuse it."""
    issue()
    dns.digests = {served(ready).key_digest}
    issue(force=True, new_key=True)

    issue(despite_tlsa=True)

    assert served(ready).key_digest == newest(ready)
    assert remembered(ready).pending_rollover is None


def test_first_certificate_waits_for_its_tlsa_record(ready, dns, issue):
    """The self-signed certificate, which has a record, stays."""
    before = served(ready)
    dns.digests = {before.key_digest}

    issue()

    assert served(ready).fingerprint == before.fingerprint
    assert remembered(ready).pending_rollover


def test_rollover_ends_once_the_certificate_is_served(ready, issue):
    """There is nothing to wait for."""
    issue()
    remember(ready, pending_rollover=PendingRollover(reason="", ttl=60, seen_at=None))

    issue()

    assert remembered(ready).pending_rollover is None


def test_replaced_certificate_is_revoked(ready, certbot, issue):
    """certbot gets its file and the reason."""
    issue()
    old = served(ready)
    at_revocation = []
    certbot.before = lambda verb: (
        at_revocation.append(served(ready)) if verb == "revoke" else None
    )

    told = issue(force=True, new_key=True, revoke="keycompromise")

    path = lineages.certificate_file(ready.acme, HOST, old.fingerprint)
    assert certbot.verbs == ["certonly", "certonly", "revoke"]
    assert {"--cert-path", str(path), "--reason", "keycompromise"} <= {
        *certbot.calls[-1]
    }
    assert [each.key_digest for each in at_revocation] == [newest(ready)]
    assert told[-1] == f"Revoked the certificate {old.fingerprint[:16]}…."


def test_served_certificate_is_not_revoked_during_rollover(ready, dns, certbot, issue):
    """It is revoked once the new one is served."""
    issue()
    dns.digests = {served(ready).key_digest}

    issue(force=True, new_key=True, revoke="superseded")
    assert "revoke" not in certbot.verbs

    issue(revoke="superseded", despite_tlsa=True)
    assert certbot.verbs.count("revoke") == 1


def test_rsa_lineage_is_kept_during_rollover(ready, dns, certbot, issue):
    """It is served for as long as the old one is."""
    issue(BOTH)
    both = store.load(ready.tls)[HOST].bundles.values()
    dns.digests = {each.key_digest for each in both}

    issue(REQUEST, force=True, new_key=True)

    assert remembered(ready).pending_rollover
    assert "delete" not in certbot.verbs
    assert len(store.load(ready.tls)[HOST].bundles) == 2


def test_ecdsa_and_rsa_are_both_revoked(ready, certbot, issue):
    """Each by the file in its own lineage."""
    issue(BOTH)

    issue(BOTH, force=True, revoke="superseded")

    files = [call[call.index("--cert-path") + 1] for call in certbot.calls[4:]]
    assert [each.rsplit("/", 2)[1:] for each in files] == [
        [HOST, "cert1.pem"],
        [f"{HOST}.rsa", "cert1.pem"],
    ]


def test_self_signed_certificate_is_not_revoked(ready, certbot, issue):
    """No authority has issued it."""
    issue(revoke="superseded")

    assert certbot.verbs == ["certonly"]


def test_unchanged_certificate_is_not_revoked(ready, certbot, issue):
    """What is served is never made invalid."""
    issue()
    issue(revoke="superseded")

    assert "revoke" not in certbot.verbs


def test_failed_revocation_leaves_the_new_certificate_served(ready, certbot, issue):
    """The failure is reported."""
    issue()
    old = served(ready)
    certbot.before = lambda verb: setattr(
        certbot, "failure", "It fell" if verb == "revoke" else ""
    )

    with pytest.raises(StackError, match="It fell"):
        issue(force=True, revoke="keycompromise")

    assert served(ready).fingerprint != old.fingerprint
