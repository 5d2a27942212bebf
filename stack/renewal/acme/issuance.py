"""Gets a certificate from an authority, and takes it into use."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from stack.certs import store
from stack.certs.bundle import Bundle
from stack.certs.validation import trust
from stack.config.settings import Settings
from stack.renewal import requests, tlsa_rollover
from stack.renewal.acme import certbot, directory, lineages
from stack.renewal.acme.certbot import Account, Order
from stack.renewal.deployment.deployer import Deployer
from stack.renewal.requests import Wish
from stack.renewal.state.state_file import Hold, Remembered, State
from stack.renewal.state.state_lock import attempt
from stack.system import files
from stack.system.errors import StackError
from stack.system.project import Project


@dataclass(frozen=True)
class Options:
    """What the operator may say about one issuance."""

    force: bool = False
    """Whether to get a certificate although none is due."""
    new_key: bool = False
    """Whether to have another key this once."""
    revoke: str = ""
    """Why the authority is to revoke the old certificate (RFC 5280 §5.3.1); "": no."""
    despite_tlsa: bool = False
    """Whether to serve a key for which the DNS has no TLSA record."""
    account: Account | None = None


@dataclass(frozen=True)
class _Job:
    deployer: Deployer
    wish: Wish
    options: Options

    @property
    def project(self) -> Project:
        return self.deployer.project

    @property
    def settings(self) -> Settings:
        return self.deployer.settings

    def tell(self, words: str) -> None:
        self.deployer.tell(words)


def fulfil(deployer: Deployer, wish: Wish, options: Options) -> list[str]:
    """
    Get what is due of *wish*, take it into use, and remember what came of it.

    Return what keeps that from being proven (see `Deployer.deploy`).

    Raises:
        StackError: When it couldn't be got, or isn't served; what was served still is.
    """
    job = _Job(deployer, wish, options)
    with attempt(job.project, wish.name) as state:
        remembered = state.of(wish.name)
        _obtain(job)
        remembered.comes_from = "authority"
        before = _served(job)
        unproven = _take_into_use(job, remembered)
        if not remembered.hold:
            _clear_away(job, before)
        _learn_names(job, state)
    return unproven


def rehearse(deployer: Deployer, wish: Wish, account: Account | None = None) -> None:
    """
    Ask for *wish* as if it were due, and keep nothing of it.

    Raises:
        StackError: When it wouldn't be got.
    """
    job = _Job(deployer, wish, Options(account=account))
    with job.project.acme_lock():
        for order in _orders(job):
            certbot.obtain(job.project, job.settings, replace(order, dry_run=True))
    job.tell(f"{wish.name}: a certificate would be issued.")


def is_waiting(project: Project, wish: Wish) -> bool:
    """Say whether something with another key was issued, and is not served yet."""
    return bool(requests.waiting(project, wish))


def _obtain(job: _Job) -> None:
    url = job.settings.acme_directory
    job.tell(f"Asking {url} for {', '.join(job.wish.hosts)} …")
    for order in _orders(job):
        # certbot would stay with the authority that it had.
        before = lineages.authority(job.project.acme, order.lineage)
        force = order.force or before not in (None, url)
        certbot.obtain(job.project, job.settings, replace(order, force=force))


def _orders(job: _Job) -> Iterator[Order]:
    wish, options = job.wish, job.options
    first = Order(
        lineage=wish.name,
        hosts=wish.hosts,
        force=options.force,
        reuse_key=wish.name == job.settings.mail_hostname
        and tlsa_rollover.keeps_key(wish.name),
        new_key=options.new_key,
        account=options.account,
    )
    yield first
    if wish.rsa:
        yield replace(first, lineage=wish.beside, rsa=True)


def _take_into_use(job: _Job, remembered: Remembered) -> list[str]:
    """Serve the newest, unless it must wait; return what keeps it from being proven."""
    name, tls = job.wish.name, job.project.tls
    new = requests.newest(job.project, job.wish)
    wanted = {file: bundle.pem if bundle else None for file, bundle in new.items()}
    is_served = wanted == {file: files.read(tls / file) for file in wanted}
    remembered.hold = None if is_served else _hold(job, new.values(), remembered)
    if remembered.hold:
        job.tell(f"{name}: not served yet: {remembered.hold.reason}.")
        return []
    if is_served:
        job.tell(f"{name}: nothing to change.")
        return []
    return job.deployer.deploy(wanted)


def _hold(
    job: _Job, new: Iterable[Bundle | None], remembered: Remembered
) -> Hold | None:
    """Return why *new* can't be served yet, by the TLSA records of the host."""
    if job.wish.name != job.settings.mail_hostname or job.options.despite_tlsa:
        return None
    return tlsa_rollover.hold(
        job.wish.name,
        [bundle for bundle in new if bundle],
        _served(job),
        remembered.hold,
        datetime.now(UTC),
    )


def _learn_names(job: _Job, state: State) -> None:
    """Ask the authority once what CAA records call it; that may as well fail."""
    url = job.settings.acme_directory
    if url not in state.authority_names:
        try:
            about = directory.read(url, trust.file(job.project))
        except StackError as error:
            job.tell(f"Warning: {error}.")
        else:
            state.authority_names[url] = list(about.caa_names)


def _clear_away(job: _Job, before: list[Bundle]) -> None:
    """Deal with what is not served any more: revoke it if asked, renew it no more."""
    if job.options.revoke:
        served = {each.fingerprint for each in _served(job)}
        for old in before:
            if old.fingerprint not in served:
                _revoke(job, old.fingerprint)
    if not job.wish.rsa and lineages.latest(job.project.acme, job.wish.beside):
        certbot.forget(job.project, job.settings, job.wish.beside)


def _revoke(job: _Job, fingerprint: str) -> None:
    for lineage in (job.wish.name, job.wish.beside):
        path = lineages.certificate_file(job.project.acme, lineage, fingerprint)
        if path:
            certbot.revoke(job.project, job.settings, path, job.options.revoke)
            job.tell(f"Revoked the certificate {fingerprint[:16]}….")


def _served(job: _Job) -> list[Bundle]:
    stored = store.sound(job.project.tls).get(job.wish.name)
    return list(stored.bundles.values()) if stored else []
