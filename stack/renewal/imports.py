"""Imported certificates: from files, or from a folder whose renewals are followed."""

from datetime import UTC, datetime
from pathlib import Path

from stack.certs import discovery, store
from stack.certs.bundle import Bundle
from stack.certs.validation import trust
from stack.config.settings import Settings
from stack.dns import tlsa
from stack.renewal import requests, tlsa_rollover
from stack.renewal.deployment.deployer import Deployer
from stack.renewal.state.state_file import CertificateState, Source, load
from stack.renewal.state.state_lock import locked_state, renewal_attempt
from stack.services.web.places import WEB
from stack.system import endpoints, files
from stack.system.errors import StackError, UnableError
from stack.system.project import Project

# The mount point of IMPORT_FOLDER in compose.yaml.
MOUNTED = Path("/import")


def from_folder(project: Project, settings: Settings, name: str) -> Bundle:
    """
    Return the best certificate for *name* in IMPORT_FOLDER.

    Raises:
        StackError: When no certificate there can be used, with the reasons.
        UnableError: When IMPORT_FOLDER is not set, or there is no such folder.
    """
    if not settings.import_folder:
        raise UnableError(
            "IMPORT_FOLDER is not set in .env: name there the folder in which Traefik,"
            " Caddy or another certbot keeps its certificates, or give files to"
            " `stack cert import`"
        )
    folder = MOUNTED if endpoints.is_inside() else Path(settings.import_folder)
    now = datetime.now(UTC)
    return discovery.best(folder, name, now, trust.authorities(project))


def install(deployer: Deployer, name: str, bundle: Bundle, source: Source) -> list[str]:
    """
    Deploy *bundle* as the certificate *name*, and record its *source*.

    Return one line for each port that could not be checked (see `Deployer.deploy`).

    Raises:
        StackError: When a port doesn't serve it. The old one is served then.
    """
    with locked_state(deployer.project) as state:
        unproven = _serve(deployer, name, bundle)
        state.certificates[name] = CertificateState(
            comes_from=source, by_web=deployer.serving(name).place is WEB
        )
    return unproven


def remove(deployer: Deployer, name: str) -> list[str]:
    """
    Remove the certificate *name*.

    Return one line for each port that could not be checked (see `Deployer.deploy`).

    Raises:
        StackError: When there is none, or a port doesn't serve the change in time.
    """
    project, files_of = deployer.project, store.files_of(name)
    if not files.exists(_folder(deployer, name) / files_of[0]):
        raise StackError(
            f"{name}: there is no certificate of that name: see `stack cert show`"
        )
    with locked_state(project) as state:
        unproven = deployer.serving(name).deploy(dict.fromkeys(files_of))
        state.certificates.pop(name, None)
    return unproven


def refuse_tlsa_mismatch(deployer: Deployer, name: str, bundle: Bundle) -> None:
    """
    Refuse *bundle* if the DNS has TLSA records for other keys only.

    Raises:
        StackError: With the records to publish first.
    """
    stored = store.usable(deployer.project.tls).get(name)
    served = [each.key_digest for each in stored.bundles.values()] if stored else []
    if name != deployer.settings.mail_hostname or bundle.key_digest in served:
        return
    try:
        found = tlsa.published(name)
    except UnableError as error:
        deployer.tell(f"Warning: {error}.")
        return
    if not found.fit([bundle]):
        raise StackError(
            f"{tlsa_rollover.records_to_publish(name, [bundle])}, and try again when"
            f" {found.ttl} seconds have passed, or give --despite-tlsa: servers that"
            " look at TLSA records then hold their mail back until they have the new"
            " ones"
        )


def followed(project: Project) -> list[str]:
    """Return the names of the certificates from IMPORT_FOLDER that are served."""
    state = load(project)
    gone = requests.retired(project, state)
    return [
        name
        for name, remembered in state.certificates.items()
        if remembered.comes_from == "folder" and name not in gone
    ]


def follow(deployer: Deployer, name: str) -> list[str]:
    """
    Deploy the certificate *name* in IMPORT_FOLDER if it is newer than the served one.

    Return one line for each port that could not be checked (see `Deployer.deploy`).

    Raises:
        StackError: When the folder has no valid one, or a port doesn't serve it.
    """
    project = deployer.project
    with renewal_attempt(project, name):
        found = from_folder(project, deployer.settings, name)
        stored = store.usable(_folder(deployer, name)).get(name)
        if not stored or found.not_after > stored.main.not_after:
            refuse_tlsa_mismatch(deployer, name, found)
            return _serve(deployer, name, found)
    return []


def _serve(deployer: Deployer, name: str, bundle: Bundle) -> list[str]:
    main, beside = store.files_of(name)
    return deployer.serving(name).deploy({main: bundle.pem, beside: None})


def _folder(deployer: Deployer, name: str) -> Path:
    return deployer.serving(name).place.folder(deployer.project)
