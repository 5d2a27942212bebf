"""The names below each mail domain that the service web answers for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from stack.certs.store import Stored
from stack.config.settings import Settings
from stack.system import files
from stack.system.project import Project

# The host of the policy (RFC 8461 §3.3), and the one that mail programs ask for their
# settings.
KINDS = POLICY, AUTOCONFIG = "mta-sts", "autoconfig"


@dataclass(frozen=True)
class Site:
    """One name that the service web answers for."""

    kind: str
    """POLICY or AUTOCONFIG."""
    domain: str
    """The mail domain below which the name stands."""
    files: tuple[str, ...] = ()
    """Its certificates in var/web; without any it is not served over TLS yet."""

    @property
    def host(self) -> str:
        """The name itself."""
        return f"{self.kind}.{self.domain}"

    @property
    def is_policy(self) -> bool:
        """Whether it is the host of an MTA-STS policy."""
        return self.kind == POLICY


def sites(
    settings: Settings, domains: Iterable[str], stored: Mapping[str, Stored]
) -> list[Site]:
    """
    Return the sites of *domains*; none unless WEB is yes.

    Args:
        settings: As in .env.
        domains: The mail domains.
        stored: The certificates in var/web, by name.
    """
    return [
        _site(kind, domain, stored)
        for domain in sorted(set(domains) if settings.web else ())
        for kind in KINDS
    ]


def rendered(project: Project, stored: Mapping[str, Stored]) -> list[Site]:
    """
    Return the sites of the configuration that was rendered last.

    The service certs, which sees no accounts, knows the domains by this alone.
    """
    return [
        _site(kind, domain, stored)
        for line in (files.read(project.sites) or "").splitlines()
        for kind, domain in [line.split()]
    ]


def hosts(project: Project) -> list[str]:
    """Return the names of the sites of the configuration that was rendered last."""
    return [each.host for each in rendered(project, {})]


def _site(kind: str, domain: str, stored: Mapping[str, Stored]) -> Site:
    site = Site(kind, domain)
    found = stored.get(site.host)
    return replace(site, files=found.files) if found else site
