"""Issues a certificate with an ACME authority, and deploys it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from stack.certs import store
from stack.certs.bundle import Bundle
from stack.certs.validation import trust
from stack.config.settings import Settings
from stack.renewal import requests, tlsa_rollover
from stack.renewal.acme import certbot, directory, lineages
from stack.renewal.acme.certbot import ExternalAccount, Order
from stack.renewal.deployment.deployer import Deployer
from stack.renewal.requests import CertificateRequest
from stack.renewal.state.state_file import CertificateState, PendingRollover, State
from stack.renewal.state.state_lock import renewal_attempt
from stack.services.web.places import WEB
from stack.system import files
from stack.system.errors import StackError
from stack.system.project import Project


@dataclass(frozen=True)
class IssueOptions:
    """Options of the operator for one issuance."""

    force: bool = False
    """Whether to get a certificate although none is due."""
    new_key: bool = False
    """Whether to have another key this once."""
    revoke: str = ""
    """Why the authority is to revoke the old certificate (RFC 5280 §5.3.1); "": no."""
    despite_tlsa: bool = False
    """Whether to serve a key for which the DNS has no TLSA record."""
    account: ExternalAccount | None = None


@dataclass(frozen=True)
class _Job:
    deployer: Deployer
    request: CertificateRequest
    options: IssueOptions

    @property
    def project(self) -> Project:
        return self.deployer.project

    @property
    def settings(self) -> Settings:
        return self.deployer.settings

    @property
    def folder(self) -> Path:
        return self.deployer.place.folder(self.project)

    def tell(self, words: str) -> None:
        self.deployer.tell(words)


def issue(
    deployer: Deployer, request: CertificateRequest, options: IssueOptions
) -> list[str]:
    """
    Obtain the certificate of *request* if it is due, deploy it, and record the result.

    Return one line for each port that could not be checked (see `Deployer.deploy`).

    Raises:
        StackError: When it can't be obtained, or a port doesn't serve it. The ports
            serve the old certificate then.
    """
    job = _Job(deployer.serving(request.name), request, options)
    with renewal_attempt(job.project, request.name) as state:
        remembered = state.of(request.name)
        _obtain(job)
        remembered.comes_from = "authority"
        remembered.by_web = job.deployer.place is WEB
        before = _served(job)
        unproven = _deploy_latest(job, remembered)
        if not remembered.pending_rollover:
            _retire(job, before)
        _remember_caa_names(job, state)
    return unproven


def dry_run(
    deployer: Deployer,
    request: CertificateRequest,
    account: ExternalAccount | None = None,
) -> None:
    """
    Try to obtain the certificate of *request*, and keep nothing.

    Raises:
        StackError: When it can't be obtained.
    """
    job = _Job(deployer, request, IssueOptions(account=account))
    with job.project.acme_lock():
        for order in _orders(job):
            certbot.obtain(job.project, job.settings, replace(order, dry_run=True))
    job.tell(f"{request.name}: a certificate would be issued.")


def _obtain(job: _Job) -> None:
    url = job.settings.acme_directory
    job.tell(f"Asking {url} for {', '.join(job.request.hosts)} …")
    for order in _orders(job):
        # Without force, certbot keeps to the authority of the last renewal.
        before = lineages.authority(job.project.acme, order.lineage)
        force = order.force or before not in (None, url)
        certbot.obtain(job.project, job.settings, replace(order, force=force))


def _orders(job: _Job) -> Iterator[Order]:
    request, options = job.request, job.options
    first = Order(
        lineage=request.name,
        hosts=request.hosts,
        force=options.force,
        reuse_key=request.name == job.settings.mail_hostname
        and tlsa_rollover.must_keep_key(request.name),
        new_key=options.new_key,
        account=options.account,
    )
    yield first
    if request.rsa:
        yield replace(first, lineage=request.rsa_lineage, rsa=True)


def _deploy_latest(job: _Job, remembered: CertificateState) -> list[str]:
    """Deploy the latest certificates unless a rollover is pending; see `deploy`."""
    name = job.request.name
    new = requests.latest(job.project, job.request)
    wanted = {file: bundle.pem if bundle else None for file, bundle in new.items()}
    is_served = wanted == {file: files.read(job.folder / file) for file in wanted}
    remembered.pending_rollover = (
        None if is_served else _pending_rollover(job, new.values(), remembered)
    )
    if remembered.pending_rollover:
        job.tell(f"{name}: not served yet: {remembered.pending_rollover.reason}.")
        return []
    if is_served:
        job.tell(f"{name}: nothing to change.")
        return []
    return job.deployer.deploy(wanted)


def _pending_rollover(
    job: _Job, new: Iterable[Bundle | None], remembered: CertificateState
) -> PendingRollover | None:
    """Return the TLSA rollover that *new* must wait for; None if there is none."""
    if job.request.name != job.settings.mail_hostname or job.options.despite_tlsa:
        return None
    return tlsa_rollover.pending(
        job.request.name,
        [bundle for bundle in new if bundle],
        _served(job),
        remembered.pending_rollover,
        datetime.now(UTC),
    )


def _remember_caa_names(job: _Job, state: State) -> None:
    """Ask the authority once for its CAA names; a failure is only a warning."""
    url = job.settings.acme_directory
    if url not in state.authority_names:
        try:
            about = directory.read(url, trust.file(job.project))
        except StackError as error:
            job.tell(f"Warning: {error}.")
        else:
            state.authority_names[url] = list(about.caa_names)


def _retire(job: _Job, before: list[Bundle]) -> None:
    """Revoke the replaced certificates if asked, and drop an RSA lineage not wanted."""
    if job.options.revoke:
        served = {each.fingerprint for each in _served(job)}
        for old in before:
            if old.fingerprint not in served:
                _revoke(job, old.fingerprint)
    if not job.request.rsa and lineages.latest(
        job.project.acme, job.request.rsa_lineage
    ):
        certbot.delete(job.project, job.settings, job.request.rsa_lineage)


def _revoke(job: _Job, fingerprint: str) -> None:
    for lineage in (job.request.name, job.request.rsa_lineage):
        path = lineages.certificate_file(job.project.acme, lineage, fingerprint)
        if path:
            certbot.revoke(job.project, job.settings, path, job.options.revoke)
            job.tell(f"Revoked the certificate {fingerprint[:16]}….")


def _served(job: _Job) -> list[Bundle]:
    stored = store.usable(job.folder).get(job.request.name)
    return list(stored.bundles.values()) if stored else []
