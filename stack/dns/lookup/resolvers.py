"""The resolver that name servers are found by."""

import dns.resolver

from stack.system.errors import UnableError


def of(address: str | None) -> dns.resolver.Resolver:
    """
    Return the resolver at *address*, or that of this machine.

    Raises:
        UnableError: When this machine has none.
    """
    if address:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [address]
        return resolver
    try:
        return dns.resolver.get_default_resolver()
    except dns.resolver.NoResolverConfiguration:
        raise UnableError(
            "/etc/resolv.conf: names no resolver: write it there, or name one by"
            " --resolver ADDRESS"
        ) from None
