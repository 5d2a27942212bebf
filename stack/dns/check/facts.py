"""What the checks know of this server beside its records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from cryptography.x509 import Certificate

from stack.services.web.fetch import Fetch, FetchError, Page

Address = IPv4Address | IPv6Address

# The server's certificate, then its issuers.
Chain = tuple[Certificate, ...]
Chains = tuple[Chain, ...]


def _nothing(host: str, path: str, addresses: Sequence[str]) -> Page:
    raise FetchError("nobody fetches pages")


@dataclass(frozen=True)
class Facts:
    """The server as others meet it."""

    hostname: str
    """MAIL_HOSTNAME."""
    first: str
    """MAIL_DOMAIN: the records of the host stand with it."""
    domains: frozenset[str]
    """The domains that it takes mail for."""
    addresses: tuple[Address, ...] = ()
    """PUBLIC_IPV4 and PUBLIC_IPV6, those that are set and in use."""
    listens_on_ipv6: bool = True
    """Whether an AAAA record is of use."""
    relays: Mapping[str, str] = field(default_factory=dict)
    """The relay of each name whose mail doesn't leave from our own addresses."""
    served: Callable[[], Chains] = tuple
    """Asks port 25 for the certificates that it serves; none if it doesn't answer."""
    authorities: tuple[str, ...] = ()
    """The CAA names of the authority that issues our certificates."""
    policy: str = ""
    """The text of our MTA-STS policy."""
    fetch: Fetch = _nothing
    """Fetches a page from the service web, as others do."""
    is_trusted: Callable[[], bool] = bool
    """Whether others trust the certificate of MAIL_HOSTNAME."""
