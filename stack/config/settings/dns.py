"""How the names of the internet are found out."""

from pydantic import BaseModel

from stack.config.types.networks import ResolverNetwork, Upstream
from stack.config.types.text import YesOrNo


class Dns(BaseModel, use_attribute_docstrings=True):
    """The resolver, and the network at which it is asked."""

    resolver_upstream: Upstream = ()
    """Name servers to ask, as address or address:port, more of them after commas.
    Empty: our resolver asks the internet's own, from the root down. Block lists don't
    answer the public ones (8.8.8.8 and such): only for a network that lets nobody else
    out."""

    resolver_dnssec: YesOrNo = True
    """Believe a domain that signs its records only with a signature (DNSSEC). no, for
    a RESOLVER_UPSTREAM that takes signatures off: whoever sits on the way can then
    answer for any domain."""

    resolver_network: ResolverNetwork = "172.29.26"
    """The first three numbers of the addresses, all 256 of them, at which containers
    ask our resolver for names. Change it if your network uses them, after `docker
    compose down`."""
