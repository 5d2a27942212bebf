"""Checks the resolver: does it answer, and does it forward to a public resolver?"""

import secrets
import socket
from collections.abc import Mapping, Sequence

from stack.config.types.networks import NameServer

ANSWERS = "answers"
SILENT = (
    "no name server answers: see what `docker compose ps` and `docker inspect` tell of"
    " the resolver, and RESOLVER_UPSTREAM in .env"
)

# Documented by their operators. Block lists refuse these, as too many clients share
# them.
PUBLIC: Mapping[str, str] = {
    "1.0.0.1": "Cloudflare",
    "1.1.1.1": "Cloudflare",
    "8.8.4.4": "Google",
    "8.8.8.8": "Google",
    "9.9.9.9": "Quad9",
    "9.9.9.10": "Quad9",
    "9.9.9.11": "Quad9",
    "94.140.14.14": "AdGuard",
    "94.140.15.15": "AdGuard",
    "149.112.112.112": "Quad9",
    "185.228.168.9": "CleanBrowsing",
    "208.67.220.220": "OpenDNS",
    "208.67.222.222": "OpenDNS",
}


def public(upstream: Sequence[NameServer]) -> dict[str, str]:
    """Return the operator of each public resolver in *upstream*, by its address."""
    addresses = (str(server.address) for server in upstream)
    return {each: PUBLIC[each] for each in addresses if each in PUBLIC}


def state() -> str:
    """Return ANSWERS, or SILENT if the resolver of this container doesn't answer."""
    try:
        # The name doesn't exist, and only the root servers can say so.
        socket.getaddrinfo(f"{secrets.token_hex(8)}.", None)
    except socket.gaierror as error:
        return SILENT if error.errno == socket.EAI_AGAIN else ANSWERS
    return ANSWERS
