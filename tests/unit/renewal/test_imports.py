"""Imports from files, and from IMPORT_FOLDER, whose renewals are followed."""

from pathlib import Path

import pytest

from stack.certs import store
from stack.certs.validation import trust
from stack.dns import tlsa
from stack.dns.tlsa import END_ENTITY, KEY, SHA256, Published, Tlsa
from stack.renewal import imports
from stack.renewal.deployment.deployer import Deployer
from stack.renewal.state import state_file
from stack.renewal.state.state_file import Failure, PendingRollover
from stack.system.errors import StackError, UnableError
from tests.support.certs.authority import DAY, HOST, rsa_key
from tests.support.renewal.certbot_lab import (
    NOW,
    ROOT,
    bundle,
    certificate,
    initialised,
    install,
    pem,
    remember,
    remembered,
    serve,
    served,
    settings_of,
)

OTHER = "imap.example.net"
OLD, NEW = certificate(end=30 * DAY), certificate(end=60 * DAY)
FAILURE = Failure(reason="no way", since=NOW, count=1, retry_at=NOW)


@pytest.fixture
def ready(project, stack):
    """The project after `stack init`."""
    return initialised(project, stack)


@pytest.fixture
def settings(ready, tmp_path_factory, monkeypatch):
    """The settings, with an IMPORT_FOLDER; the tests' authority is trusted."""
    install(monkeypatch, ready)
    ready.write(ready.acme / "authorities.pem", ROOT.pem)
    return settings_of(ready, IMPORT_FOLDER=str(tmp_path_factory.mktemp("import")))


@pytest.fixture
def deployer(ready, settings) -> Deployer:
    """What takes certificates into use here."""
    return Deployer(ready, settings, list, 0)


@pytest.fixture
def folder(settings, monkeypatch):
    """IMPORT_FOLDER, where compose.yaml mounts it or not."""
    path = Path(settings.import_folder)
    monkeypatch.setattr(imports, "MOUNTED", path)
    return path


@pytest.fixture
def dns(monkeypatch):
    """Say which keys the DNS has records for."""

    def answer(*digests: str, error: UnableError | None = None):
        records = frozenset(
            Tlsa(END_ENTITY, KEY, SHA256, bytes.fromhex(each)) for each in digests
        )

        def published(host: str) -> Published:
            if error:
                raise error
            return Published(records, 300)

        monkeypatch.setattr(tlsa, "published", published)

    answer()
    return answer


@pytest.mark.parametrize("source", ["operator", "folder"])
def test_installed_certificate_is_served_and_source_recorded(ready, deployer, source):
    """The RSA certificate beside the old one, and a pending rollover, are dropped."""
    serve(ready, HOST, OLD, certificate(key=rsa_key()))
    remember(
        ready,
        comes_from="authority",
        pending_rollover=PendingRollover(reason="", ttl=1, seen_at=None),
    )

    imports.install(deployer, HOST, bundle(NEW), source)

    assert served(ready).pem == pem(NEW)
    assert store.load(ready.tls)[HOST].files == (f"{HOST}.pem",)
    assert remembered(ready) == state_file.CertificateState(comes_from=source)


def test_certificate_for_another_host_is_added_and_removed(ready, deployer):
    """The removal drops its state, too."""
    found = bundle(certificate(OTHER))
    imports.install(deployer, OTHER, found, "operator")
    assert set(store.load(ready.tls)) == {HOST, OTHER}

    imports.remove(deployer, OTHER)

    assert set(store.load(ready.tls)) == {HOST}
    assert OTHER not in state_file.load(ready).certificates


def test_missing_certificate_cannot_be_removed(ready, deployer):
    """The name may be misspelt."""
    with pytest.raises(StackError, match=f"^{OTHER}: there is no certificate of"):
        imports.remove(deployer, OTHER)


# --- Records that promise another key ----------------------------------------------


def refuse(project, settings, issued, name=HOST) -> list[str]:
    """Return the progress messages, unless it is refused."""
    told: list[str] = []
    deployer = Deployer(project, settings, told.append)
    imports.refuse_tlsa_mismatch(deployer, name, bundle(issued))
    return told


def test_key_without_tlsa_record_is_refused(ready, settings, dns):
    """The message names the record, the time to wait, and --despite-tlsa."""
    serve(ready, HOST, OLD)
    dns(bundle(OLD).key_digest)

    with pytest.raises(StackError, match="has TLSA records") as caught:
        refuse(ready, settings, NEW)

    words = str(caught.value)
    assert f"publish TLSA 3 1 1 {bundle(NEW).key_digest}" in words
    assert "try again when 300 seconds have passed, or give --despite-tlsa" in words


def test_key_with_tlsa_record_is_accepted(ready, settings, dns):
    """The record may stand beside the old one; without any records all is accepted."""
    serve(ready, HOST, OLD)
    for digests in (
        [],
        [bundle(NEW).key_digest],
        [bundle(x).key_digest for x in (OLD, NEW)],
    ):
        dns(*digests)

        assert refuse(ready, settings, NEW) == []


def test_served_key_is_accepted_without_tlsa_lookup(ready, settings, dns):
    """The DNS isn't asked."""
    serve(ready, HOST, OLD)
    dns(error=UnableError("asked"))

    assert refuse(ready, settings, certificate(key=OLD.key)) == []


def test_tlsa_is_looked_up_for_mail_hostname_only(ready, settings, dns):
    """Mail for them comes to MAIL_HOSTNAME."""
    dns(error=UnableError("asked"))

    assert refuse(ready, settings, certificate(OTHER), OTHER) == []


def test_dns_failure_is_a_warning(ready, settings, dns):
    """The operator may know better."""
    dns(error=UnableError("the DNS doesn't say"))

    assert refuse(ready, settings, NEW) == ["Warning: the DNS doesn't say."]


# --- IMPORT_FOLDER -----------------------------------------------------------------


def put(folder, issued) -> None:
    """Put *issued* into IMPORT_FOLDER."""
    (folder / "cert.pem").write_text(pem(issued))


def test_newer_certificate_in_folder_is_deployed(ready, deployer, folder, dns):
    """An earlier failure is cleared."""
    serve(ready, HOST, OLD)
    remember(ready, comes_from="folder", failure=FAILURE)
    put(folder, NEW)

    imports.follow(deployer, HOST)

    assert served(ready).pem == pem(NEW)
    assert remembered(ready) == state_file.CertificateState(comes_from="folder")


@pytest.mark.parametrize("issued", [OLD, certificate(end=29 * DAY)])
def test_older_certificate_in_folder_is_ignored(ready, settings, folder, dns, issued):
    """The same certificate, or one that ends earlier."""
    serve(ready, HOST, OLD)
    remember(ready, comes_from="folder")
    put(folder, issued)
    told: list[str] = []

    imports.follow(Deployer(ready, settings, told.append), HOST)

    assert served(ready).pem == pem(OLD)
    assert told == []


def test_folder_certificate_without_tlsa_record_is_refused(
    ready, deployer, folder, dns
):
    """The other program doesn't know the TLSA records. The failure is recorded."""
    serve(ready, HOST, OLD)
    remember(ready, comes_from="folder")
    dns(bundle(OLD).key_digest)
    put(folder, NEW)

    with pytest.raises(StackError, match="TLSA"):
        imports.follow(deployer, HOST)

    assert served(ready).pem == pem(OLD)
    assert remembered(ready).failure


def test_folder_without_valid_certificate_is_a_failure(ready, deployer, folder, dns):
    """The failure is recorded, and the served certificate stays."""
    serve(ready, HOST, OLD)
    remember(ready, comes_from="folder")

    with pytest.raises(StackError, match="holds no certificate with its key"):
        imports.follow(deployer, HOST)

    assert remembered(ready).failure
    assert served(ready).pem == pem(OLD)


def test_missing_import_folder_setting_is_explained(ready, settings):
    """The message names both ways: the folder and files."""
    without = settings.model_copy(update={"import_folder": ""})

    with pytest.raises(UnableError, match="IMPORT_FOLDER is not set"):
        imports.from_folder(ready, without, HOST)


@pytest.mark.parametrize("text", ["nothing", "-----BEGIN CERTIFICATE-----\n", "\xff"])
def test_invalid_authorities_file_is_named(ready, settings, text):
    """The operator put something else there."""
    (ready.acme / "authorities.pem").write_bytes(text.encode("latin-1"))

    with pytest.raises(UnableError, match=r"authorities\.pem: holds no certificates"):
        trust.authorities(ready)
    with pytest.raises(UnableError, match="holds no certificates"):
        trust.file(ready)


def test_only_certificates_from_the_folder_are_followed(ready):
    """Whatever else there is."""
    for name, source in {"a": "folder", "b": "operator", "c": "authority"}.items():
        remember(ready, name, comes_from=source)
    remember(ready, "d")

    assert imports.followed(ready) == ["a"]
