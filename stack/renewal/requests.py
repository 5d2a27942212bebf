"""The certificates that an authority issues for us, and the latest of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from stack.certs import store
from stack.certs.bundle import Bundle
from stack.certs.store import Stored
from stack.renewal.acme import lineages
from stack.renewal.state.state_file import State
from stack.services.web import sites
from stack.system.errors import StackError
from stack.system.project import Project


@dataclass(frozen=True)
class CertificateRequest:
    """A certificate to obtain from an authority."""

    name: str
    hosts: tuple[str, ...]
    rsa: bool = False
    """Whether to have an RSA certificate as well, for old clients."""

    @property
    def rsa_lineage(self) -> str:
        """The name of the lineage of the RSA certificate."""
        return f"{self.name}.rsa"


def for_hosts(hosts: Sequence[str], *, rsa: bool) -> CertificateRequest:
    """Return the request for *hosts*, named by the first without its *."""
    return CertificateRequest(
        hosts[0].removeprefix("*."), tuple(dict.fromkeys(hosts)), rsa
    )


def issued(project: Project, state: State) -> list[CertificateRequest]:
    """
    Return the requests for which an authority has issued a certificate.

    Those that nothing serves any more are left out.
    """
    served = in_use(project)
    found = []
    for name in sorted({*served, *state.certificates} - retired(project, state)):
        newest = lineages.latest(project.acme, name)
        if newest and _comes_from_authority(project, state, served.get(name), name):
            request = CertificateRequest(name, newest.names)
            rsa = lineages.latest(project.acme, request.rsa_lineage) is not None
            found.append(CertificateRequest(name, newest.names, rsa))
    return found


def in_use(project: Project) -> dict[str, Stored]:
    """Return the certificates that the ports serve, of mail and of the service web."""
    hosts = sites.hosts(project)
    web = store.usable(project.web) if hosts else {}
    return store.usable(project.tls) | {
        name: web[name] for name in hosts if name in web
    }


def retired(project: Project, state: State) -> set[str]:
    """Return the certificates of *state* for names that the service web has lost."""
    hosts = sites.hosts(project)
    return {
        name
        for name, remembered in state.certificates.items()
        if remembered.by_web and name not in hosts
    }


def latest(project: Project, request: CertificateRequest) -> dict[str, Bundle | None]:
    """
    Return the latest certificates for *request*, by file name in var/tls.

    None stands for a file that is not wanted.

    Raises:
        StackError: When certbot's folder lacks one.
    """
    main, beside = store.files_of(request.name)
    found: dict[str, Bundle | None] = {
        main: _latest(project, request.name),
        beside: None,
    }
    if request.rsa:
        found[beside] = _latest(project, request.rsa_lineage)
    return found


def not_served(project: Project, request: CertificateRequest) -> list[Bundle]:
    """Return the issued certificates for *request* whose key is not served yet."""
    stored = in_use(project).get(request.name)
    served = {each.key_digest for each in stored.bundles.values()} if stored else set()
    bundles = latest(project, request).values()
    return [each for each in bundles if each and each.key_digest not in served]


def _latest(project: Project, lineage: str) -> Bundle:
    found = lineages.latest(project.acme, lineage)
    if found is None:
        raise StackError(
            f"{lineage}: there is no certificate in {lineages.folder(project.acme)}:"
            " see var/acme/logs, then `stack cert issue` again"
        )
    return found


def _comes_from_authority(
    project: Project, state: State, stored: Stored | None, name: str
) -> bool:
    """Say whether an authority issued *name*, by the state or by certbot's archive."""
    source = state.certificates[name].comes_from if name in state.certificates else None
    if source or not stored:
        return source == "authority"
    path = lineages.certificate_file(project.acme, name, stored.main.fingerprint)
    return path is not None
