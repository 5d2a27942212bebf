"""The servers that outgoing mail is handed to, as Postfix wants them named."""

from collections.abc import Mapping
from typing import NamedTuple

# A relay that is reached here speaks TLS from the first byte (RFC 8314 §3.3).
IMPLICIT_TLS = 465


class Relay(NamedTuple):
    """A server, by its name or IPv4 address, and the TCP port it takes mail at."""

    host: str
    port: int = 25

    @classmethod
    def of(cls, text: str) -> "Relay":
        """Take apart *text*, a host or host:port that was checked before."""
        host, _, port = text.partition(":")
        return cls(host, int(port)) if port else cls(host)

    def __str__(self) -> str:
        """Write it as in .env, always with its port."""
        return f"{self.host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Whether it is an address: no name for a certificate to prove."""
        return self.host.replace(".", "").isdigit()

    @property
    def nexthop(self) -> str:
        """
        The destination in Postfix's form (postconf(5), relayhost).

        The brackets say: this very host, not its MX.
        """
        return f"[{self.host}]:{self.port}"

    @property
    def transport(self) -> str:
        """The service in master.cf that speaks to it, and where (transport(5))."""
        service = "relay-tls" if self.port == IMPLICIT_TLS else "relay-starttls"
        return f"{service}:{self.nexthop}"


def table(host: str, by_domain: str) -> dict[str, Relay]:
    """
    Return the relay of each sender's domain, and of all others by the key "".

    Args:
        host: What RELAY_HOST says, checked.
        by_domain: What RELAY_BY_DOMAIN says, checked: domain/relay,domain/relay.
    """
    every = {"": Relay.of(host)} if host else {}
    pairs = (pair.partition("/") for pair in by_domain.split(",") if pair)
    return every | {domain: Relay.of(relay) for domain, _, relay in pairs}


def context(found: Mapping[str, Relay], tls: str) -> dict[str, object]:
    """
    Return what templates want to know of the relays *found*.

    *tls* is RELAY_TLS: in Postfix's words, the levels of smtp_tls_security_level
    (postconf(5)). With TLS from the first byte there is no without.
    """
    levels = {"verify": "secure", "encrypt": "encrypt", "optional": "may"}
    return {
        "default_transport": found[""].transport if "" in found else "smtp",
        "sender_relays": {name: relay for name, relay in found.items() if name},
        "relay_starttls_level": levels[tls],
        "relay_tls_level": "secure" if tls == "verify" else "encrypt",
    }
