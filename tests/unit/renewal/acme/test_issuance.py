"""Issuance: certificates are obtained when due, and deployed."""

import pytest

from stack.dns import tlsa
from stack.dns.tlsa import Published
from stack.renewal.acme import directory, issuance, lineages
from stack.renewal.acme.certbot import ExternalAccount
from stack.renewal.acme.issuance import IssueOptions
from stack.renewal.deployment.deployer import Deployer
from stack.renewal.requests import CertificateRequest
from stack.renewal.state import state_file
from stack.system.errors import StackError
from tests.support.certs.authority import HOST
from tests.support.renewal.certbot_lab import (
    ELSEWHERE,
    URL,
    Certbot,
    initialised,
    install,
    remembered,
    served,
    settings_of,
)

REQUEST = CertificateRequest(HOST, (HOST, "imap.example.org"))
BOTH = CertificateRequest(HOST, (HOST,), rsa=True)


@pytest.fixture
def ready(project, stack):
    """The project after `stack init`."""
    return initialised(project, stack)


@pytest.fixture(autouse=True)
def without_records(monkeypatch):
    """There are no TLSA records."""
    monkeypatch.setattr(tlsa, "published", lambda host: Published(frozenset(), 0))


@pytest.fixture
def certbot(ready, monkeypatch) -> Certbot:
    """A certbot that issues from an authority of the tests."""
    return install(monkeypatch, ready)


@pytest.fixture
def issue(ready, certbot):
    """Issue a certificate, and return the progress messages."""
    settings = settings_of(ready)

    def call(request=REQUEST, settings=settings, **options) -> list[str]:
        told: list[str] = []
        deployer = Deployer(ready, settings, told.append)
        issuance.issue(deployer, request, IssueOptions(**options))
        return told

    return call


def files(project) -> dict[str, bytes]:
    """Return every file in var/tls and var/acme except state.json."""
    found = [*project.tls.rglob("*"), *project.acme.rglob("*")]
    return {
        str(path): path.read_bytes()
        for path in found
        if path.is_file() and path.name != "state.json"
    }


def test_first_certificate_is_issued_and_served(ready, certbot, issue):
    """Its source is recorded, and so are the CAA names of the authority."""
    told = issue()

    assert served(ready).names == REQUEST.hosts
    assert served(ready).pem == lineages.latest(ready.acme, HOST).pem
    assert remembered(ready).comes_from == "authority"
    assert state_file.load(ready).authority_names == {URL: ["ca.test"]}
    assert told[0] == f"Asking {URL} for {HOST}, imap.example.org …"
    assert f"write var/tls/{HOST}.pem" in told
    assert certbot.verbs == ["certonly"]


def test_certificate_that_is_not_due_stays(ready, certbot, issue):
    """certbot is asked, and nothing is written."""
    issue()
    before = files(ready)

    assert issue()[-1] == f"{HOST}: nothing to change."
    assert files(ready) == before


@pytest.mark.parametrize("how", ["due", "forced"])
def test_due_or_forced_certificate_is_replaced(ready, certbot, issue, how):
    """The key changes, as the DNS has no TLSA record for the old one."""
    issue()
    before = served(ready)

    certbot.due = how == "due"
    issue(force=how == "forced")

    assert served(ready).fingerprint != before.fingerprint
    assert served(ready).key_digest != before.key_digest


def test_changed_hosts_are_issued_at_once(ready, issue):
    """Hosts may be added or removed."""
    issue()
    issue(CertificateRequest(HOST, (HOST,)))

    assert served(ready).names == (HOST,)


def test_changed_authority_is_used_at_once(ready, certbot, issue):
    """Without force, certbot would keep to the old authority."""
    issue()
    before = served(ready)
    moved = settings_of(ready, ACME_DIRECTORY=ELSEWHERE)

    issue(settings=moved)
    after = served(ready)
    issue(settings=moved)

    assert ["--force-renewal" in call for call in certbot.calls] == [False, True, False]
    assert before.fingerprint != after.fingerprint == served(ready).fingerprint
    assert set(state_file.load(ready).authority_names) == {URL, ELSEWHERE}


def test_rsa_certificate_is_added_and_dropped(ready, certbot, issue):
    """Without --rsa, certbot deletes its lineage, too."""
    issue(BOTH)
    assert (ready.tls / f"{HOST}.rsa.pem").exists()
    assert not served(ready).is_rsa

    issue(CertificateRequest(HOST, (HOST,)))

    assert not (ready.tls / f"{HOST}.rsa.pem").exists()
    assert lineages.latest(ready.acme, f"{HOST}.rsa") is None
    assert certbot.verbs == ["certonly", "certonly", "certonly", "delete"]


def test_nothing_is_deployed_if_the_rsa_order_fails(ready, certbot, issue):
    """Either both certificates are deployed or none."""
    before = files(ready)
    certbot.before = lambda verb: setattr(
        certbot, "failure", "no way" if len(certbot.calls) == 2 else ""
    )

    with pytest.raises(StackError, match="no way"):
        issue(BOTH)

    assert {k: v for k, v in files(ready).items() if k in before} == before


def test_eab_credentials_are_passed_to_each_call(ready, certbot, issue):
    """To each call that may have to register."""
    issue(BOTH, account=ExternalAccount("kid", "aa"))

    assert ["--config" in call for call in certbot.calls] == [True, True]
    assert not (ready.acme / "account.ini").exists()


def test_tlsa_is_looked_up_for_mail_hostname_only(ready, issue, monkeypatch):
    """Mail for them comes to MAIL_HOSTNAME."""
    monkeypatch.setattr(tlsa, "published", lambda host: pytest.fail("asked"))

    issue(CertificateRequest("imap.example.net", ("imap.example.net",)))

    assert served(ready, "imap.example.net").names == ("imap.example.net",)


def test_failure_is_recorded_and_old_certificate_stays(ready, certbot, issue):
    """The record holds the first line of the reason. A success clears it."""
    issue()
    before = files(ready)
    certbot.failure = "Another instance of Certbot is already running."

    with pytest.raises(StackError, match="at work already"):
        issue()

    found = remembered(ready)
    assert found.failure
    assert found.failure.reason.startswith("certbot is at work already")
    assert found.comes_from == "authority"
    assert files(ready) == before

    certbot.failure = ""
    issue()
    assert remembered(ready).failure is None


def test_failure_of_first_order_is_not_recorded(ready, certbot, issue):
    """Without an earlier certificate, the loop must not retry it."""
    before = files(ready)
    certbot.failure = "no way"

    with pytest.raises(StackError, match="no way"):
        issue()

    assert remembered(ready) == state_file.CertificateState()
    assert files(ready) == before


def test_issued_certificate_is_deployed_again_after_a_failure(
    ready, certbot, issue, monkeypatch
):
    """The certificate is issued already, and not ordered again."""
    with monkeypatch.context() as patched:
        refusal = StackError("port 25 doesn't serve it")
        patched.setattr(Deployer, "deploy", lambda *_: _raise(refusal))
        with pytest.raises(StackError, match="port 25"):
            issue()
    assert remembered(ready).failure

    issue()

    found = lineages.latest(ready.acme, HOST)
    assert found
    assert served(ready).fingerprint == found.fingerprint
    assert not (ready.acme / "certbot" / "archive" / HOST / "cert2.pem").exists()


def test_caa_names_are_asked_once(ready, issue, monkeypatch):
    """A renewal that is not due needs no answer of the authority."""
    issue()
    monkeypatch.setattr(directory, "read", lambda *_: pytest.fail("asked"))

    issue()


def test_dry_run_changes_nothing(ready, certbot):
    """It places every order that a real run would place."""
    settings, told = settings_of(ready), []
    ready.make_directory(ready.acme)
    before = files(ready)

    deployer = Deployer(ready, settings, told.append)
    issuance.dry_run(deployer, BOTH, ExternalAccount("kid", "aa"))

    assert files(ready) == before
    assert not (ready.acme / "state.json").exists()
    assert [call.count("--dry-run") for call in certbot.calls] == [1, 1]
    assert told == [f"{HOST}: a certificate would be issued."]


def test_failing_dry_run_raises_the_reason(ready, certbot):
    """The failure is not recorded."""
    certbot.failure = "no way"
    deployer = Deployer(ready, settings_of(ready), list)

    with pytest.raises(StackError, match="no way"):
        issuance.dry_run(deployer, REQUEST)

    assert not (ready.acme / "state.json").exists()


def _raise(error: Exception) -> None:
    raise error
