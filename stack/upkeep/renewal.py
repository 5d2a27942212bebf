"""Gets a certificate from an authority, and takes it into use."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from stack import deployment, files
from stack.certs import store
from stack.certs.bundle import Bundle
from stack.deployment import Tell
from stack.errors import StackError
from stack.project import Project
from stack.settings import Settings
from stack.upkeep import certbot, directory, holding, lineages, wishes
from stack.upkeep.attempt import attempt
from stack.upkeep.certbot import Account, Order
from stack.upkeep.state import Remembered, State
from stack.upkeep.wishes import Wish


@dataclass(frozen=True)
class How:
    """How to fulfil a wish."""

    force: bool = False
    new_key: bool = False
    revoke: str = ""
    """The reason to give to the authority for not believing the old one any more."""
    despite_tlsa: bool = False
    account: Account | None = None
    seconds: float = deployment.SECONDS
    """How long the ports may take to serve a new certificate."""


def fulfil(
    project: Project, settings: Settings, wish: Wish, how: How, tell: Tell
) -> None:
    """
    Get what is due of *wish*, take it into use, and remember what came of it.

    Raises:
        StackError: When it couldn't be got, or isn't served; what was served still is.
    """
    with attempt(project, wish.name) as state:
        remembered = state.of(wish.name)
        _obtain(project, settings, wish, how, tell)
        remembered.comes_from = "authority"
        before = _served(project, wish.name)
        if _take_into_use(project, settings, wish, how, remembered, tell):
            _clear_away(project, settings, wish, how, before, tell)
        _learn_names(project, settings, state, tell)


def rehearse(
    project: Project,
    settings: Settings,
    wish: Wish,
    tell: Tell,
    account: Account | None = None,
) -> None:
    """
    Ask for *wish* as if it were due, and keep nothing of it.

    Raises:
        StackError: When it wouldn't be got.
    """
    with project.acme_lock():
        for order in _orders(settings, wish, How(account=account)):
            certbot.obtain(project, settings, replace(order, dry_run=True))
    tell(f"{wish.name}: a certificate would be issued.")


def is_waiting(project: Project, wish: Wish) -> bool:
    """Say whether something with another key was issued, and is not served yet."""
    return bool(wishes.waiting(project, wish))


def _obtain(
    project: Project, settings: Settings, wish: Wish, how: How, tell: Tell
) -> None:
    tell(f"Asking {settings.acme_directory} for {', '.join(wish.hosts)} …")
    for order in _orders(settings, wish, how):
        # certbot would stay with the authority that it had.
        moves = lineages.authority(project.acme, order.lineage) not in (
            None,
            settings.acme_directory,
        )
        certbot.obtain(project, settings, replace(order, force=order.force or moves))


def _orders(settings: Settings, wish: Wish, how: How) -> Iterator[Order]:
    first = Order(
        lineage=wish.name,
        hosts=wish.hosts,
        force=how.force,
        reuse_key=wish.name == settings.mail_hostname and holding.keeps_key(wish.name),
        new_key=how.new_key,
        account=how.account,
    )
    yield first
    if wish.rsa:
        yield replace(first, lineage=wish.beside, rsa=True)


def _take_into_use(
    project: Project,
    settings: Settings,
    wish: Wish,
    how: How,
    remembered: Remembered,
    tell: Tell,
) -> bool:
    """Serve the newest, unless it must wait; say whether it is served now."""
    new = wishes.newest(project, wish)
    wanted = {file: bundle.pem if bundle else None for file, bundle in new.items()}
    if wanted == {file: files.read(project.tls / file) for file in wanted}:
        remembered.hold = None
        tell(f"{wish.name}: nothing to change.")
        return True
    if wish.name == settings.mail_hostname and not how.despite_tlsa:
        remembered.hold = holding.hold(
            wish.name,
            [bundle for bundle in new.values() if bundle],
            _served(project, wish.name),
            remembered.hold,
            datetime.now(UTC),
        )
        if remembered.hold:
            tell(f"{wish.name}: not served yet: {remembered.hold.reason}.")
            return False
    remembered.hold = None
    deployment.deploy(project, settings, wanted, how.seconds, tell)
    return True


def _learn_names(
    project: Project, settings: Settings, state: State, tell: Tell
) -> None:
    """Ask the authority once what CAA records call it; that may as well fail."""
    url = settings.acme_directory
    if url not in state.authority_names:
        try:
            about = directory.read(url, certbot.authorities(project))
        except StackError as error:
            tell(f"Warning: {error}.")
        else:
            state.authority_names[url] = list(about.caa_names)


def _clear_away(
    project: Project,
    settings: Settings,
    wish: Wish,
    how: How,
    before: list[Bundle],
    tell: Tell,
) -> None:
    """Deal with what is not served any more: revoke it if asked, renew it no more."""
    if how.revoke:
        _revoke(project, settings, wish, how, before, tell)
    if not wish.rsa and lineages.latest(project.acme, wish.beside):
        certbot.forget(project, settings, wish.beside)


def _revoke(
    project: Project,
    settings: Settings,
    wish: Wish,
    how: How,
    before: list[Bundle],
    tell: Tell,
) -> None:
    served = {each.fingerprint for each in _served(project, wish.name)}
    for old in before:
        if old.fingerprint in served:
            continue
        for lineage in (wish.name, wish.beside):
            path = lineages.certificate_file(project.acme, lineage, old.fingerprint)
            if path:
                certbot.revoke(project, settings, path, how.revoke)
                tell(f"Revoked the certificate {old.fingerprint[:16]}….")


def _served(project: Project, name: str) -> list[Bundle]:
    stored = store.load(project.tls).get(name)
    return list(stored.bundles.values()) if stored else []
