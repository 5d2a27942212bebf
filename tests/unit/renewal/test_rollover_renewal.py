"""A new key is served when its TLSA record is known, and the old one revoked."""

from datetime import timedelta

import pytest

from stack.certs import store
from stack.dns import tlsa
from stack.dns.tlsa import END_ENTITY, KEY, SHA256, Published, Tlsa
from stack.renewal.acme import issuance, lineages
from stack.renewal.acme.issuance import Options
from stack.renewal.deployment.deployer import Deployer
from stack.renewal.requests import Wish
from stack.renewal.state import state_file
from stack.renewal.state.state_file import Hold
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

WISH = Wish(HOST, (HOST,))
BOTH = Wish(HOST, (HOST,), rsa=True)


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
def fulfil(ready, dns, certbot):
    """Fulfil a wish, and return what was told."""
    settings = settings_of(ready)

    def call(wish=WISH, **options) -> list[str]:
        told: list[str] = []
        deployer = Deployer(ready, settings, told.append)
        issuance.fulfil(deployer, wish, Options(**options))
        return told

    return call


def newest(project) -> str:
    """Return the digest of the key that was issued last."""
    found = lineages.latest(project.acme, HOST)
    assert found
    return found.key_digest


def wait_out(project) -> None:
    """Let the time pass in which others remember the records before."""
    found = state_file.load(project)
    hold = found.of(HOST).hold
    assert hold
    assert hold.seen_at
    hold.seen_at -= timedelta(seconds=hold.ttl)
    state_file.save(project, found)


def test_with_a_record_the_key_stays_through_renewals(ready, dns, certbot, fulfil):
    """So that they need nobody."""
    fulfil()
    first = served(ready)
    dns.digests = {first.key_digest}

    certbot.due = True
    fulfil()

    assert served(ready).fingerprint != first.fingerprint
    assert served(ready).key_digest == first.key_digest
    assert remembered(ready).hold is None


def test_when_the_dns_is_down_the_key_stays(ready, dns, certbot, fulfil):
    """Nobody knows whether it was promised."""
    fulfil()
    first = served(ready)
    dns.down = True

    fulfil(force=True)

    assert served(ready).key_digest == first.key_digest
    assert served(ready).fingerprint != first.fingerprint


def test_a_new_key_is_served_in_two_steps(ready, dns, certbot, fulfil):
    """It waits for its record, and then until nobody remembers the time before."""
    fulfil()
    first = served(ready)
    dns.digests = {first.key_digest}

    told = fulfil(force=True, new_key=True)
    assert newest(ready) != first.key_digest == served(ready).key_digest
    assert f"TLSA 3 1 1 {newest(ready)}" in told[-1]
    assert issuance.is_waiting(ready, WISH)

    dns.digests.add(newest(ready))
    assert "is published" in fulfil()[-1]
    assert served(ready).fingerprint == first.fingerprint

    wait_out(ready)
    fulfil()
    assert served(ready).key_digest == newest(ready)
    assert remembered(ready).hold is None
    assert not issuance.is_waiting(ready, WISH)
    assert ["--new-key" in call for call in certbot.calls] == [
        False,
        True,
        False,
        False,
    ]


def test_while_a_key_waits_the_old_certificate_is_served_and_no_failure(
    ready, dns, fulfil
):
    """A hold is no failure: nothing is retried for it."""
    fulfil()
    dns.digests = {served(ready).key_digest}

    fulfil(force=True, new_key=True)

    assert remembered(ready).hold
    assert remembered(ready).failure is None
    assert remembered(ready).comes_from == "authority"


def test_the_operator_can_have_it_served_at_once(ready, dns, fulfil):
    """Whatever other servers make of it."""
    fulfil()
    dns.digests = {served(ready).key_digest}
    fulfil(force=True, new_key=True)

    fulfil(despite_tlsa=True)

    assert served(ready).key_digest == newest(ready)
    assert remembered(ready).hold is None


def test_a_first_certificate_is_held_too_where_a_record_is_of_another_key(
    ready, dns, fulfil
):
    """The self-signed one is served, as it was promised."""
    before = served(ready)
    dns.digests = {before.key_digest}

    fulfil()

    assert served(ready).fingerprint == before.fingerprint
    assert remembered(ready).hold


def test_a_hold_ends_when_the_certificate_is_served_by_other_means(ready, fulfil):
    """There is nothing to wait for."""
    fulfil()
    remember(ready, hold=Hold(reason="", ttl=60, seen_at=None))

    fulfil()

    assert remembered(ready).hold is None


def test_revoked_is_what_was_served_when_it_is_not_any_more(ready, certbot, fulfil):
    """By its file, for the reason that was said."""
    fulfil()
    old = served(ready)
    at_revocation = []
    certbot.before = lambda verb: (
        at_revocation.append(served(ready)) if verb == "revoke" else None
    )

    told = fulfil(force=True, new_key=True, revoke="keycompromise")

    path = lineages.certificate_file(ready.acme, HOST, old.fingerprint)
    assert certbot.verbs == ["certonly", "certonly", "revoke"]
    assert {"--cert-path", str(path), "--reason", "keycompromise"} <= {
        *certbot.calls[-1]
    }
    assert [each.key_digest for each in at_revocation] == [newest(ready)]
    assert told[-1] == f"Revoked the certificate {old.fingerprint[:16]}…."


def test_while_the_new_one_waits_the_old_one_is_not_revoked(
    ready, dns, certbot, fulfil
):
    """It is revoked when it is asked for again, and the new one may be served."""
    fulfil()
    dns.digests = {served(ready).key_digest}

    fulfil(force=True, new_key=True, revoke="superseded")
    assert "revoke" not in certbot.verbs

    fulfil(revoke="superseded", despite_tlsa=True)
    assert certbot.verbs.count("revoke") == 1


def test_while_the_new_one_waits_the_rsa_one_is_not_forgotten(
    ready, dns, certbot, fulfil
):
    """It is served for as long as the old one is."""
    fulfil(BOTH)
    both = store.load(ready.tls)[HOST].bundles.values()
    dns.digests = {each.key_digest for each in both}

    fulfil(WISH, force=True, new_key=True)

    assert remembered(ready).hold
    assert "delete" not in certbot.verbs
    assert len(store.load(ready.tls)[HOST].bundles) == 2


def test_of_two_side_by_side_both_are_revoked(ready, certbot, fulfil):
    """Each by the file in its own lineage."""
    fulfil(BOTH)

    fulfil(BOTH, force=True, revoke="superseded")

    files = [call[call.index("--cert-path") + 1] for call in certbot.calls[4:]]
    assert [each.rsplit("/", 2)[1:] for each in files] == [
        [HOST, "cert1.pem"],
        [f"{HOST}.rsa", "cert1.pem"],
    ]


def test_what_was_not_issued_here_is_not_revoked(ready, certbot, fulfil):
    """The self-signed one has nobody who would."""
    fulfil(revoke="superseded")

    assert certbot.verbs == ["certonly"]


def test_where_nothing_changed_nothing_is_revoked(ready, certbot, fulfil):
    """What is served is never made invalid."""
    fulfil()
    fulfil(revoke="superseded")

    assert "revoke" not in certbot.verbs


def test_a_revocation_that_fails_leaves_the_new_one_served(ready, certbot, fulfil):
    """And is told."""
    fulfil()
    old = served(ready)
    certbot.before = lambda verb: setattr(
        certbot, "failure", "It fell" if verb == "revoke" else ""
    )

    with pytest.raises(StackError, match="It fell"):
        fulfil(force=True, revoke="keycompromise")

    assert served(ready).fingerprint != old.fingerprint
