"""The servers that outgoing mail is handed to, in the forms of .env and Postfix."""

import re
from ipaddress import IPv4Address
from typing import Annotated, Literal, NamedTuple

from stack.config.types.names import name
from stack.config.types.sending.by_domain import by_domain
from stack.config.types.text import one_of, read_by

# A relay on this port speaks TLS from the first byte (RFC 8314 §3.3).
IMPLICIT_TLS = 465


class Relay(NamedTuple):
    """A server: its host name or IPv4 address, and the TCP port of its SMTP service."""

    host: str
    port: int = 25

    @classmethod
    def of(cls, text: str) -> "Relay":
        """
        Take apart *text*, a host or host:port.

        Raises:
            ValueError: If it is neither; the message goes on from *text*.
        """
        if "@" in text or "//" in text:
            raise ValueError(
                "must be the host alone, like smtp.example.net:587: its login is kept"
                " by `stack relay login`, and RELAY_TLS says how it is spoken to"
            )
        if "[" in text:
            raise ValueError(
                "must be without [ ]: no MX record of a relay is looked up"
            )
        host, colon, port = text.partition(":")
        if not host or (colon and not _is_port(port)):
            raise ValueError("must be a host name or IPv4 address, or one with :port")
        return cls(_host(host), int(port)) if colon else cls(_host(host))

    def __str__(self) -> str:
        """Write it as in .env, always with its port."""
        return f"{self.host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Whether the host is an IPv4 address, which no certificate names."""
        return self.host.replace(".", "").isdigit()

    @property
    def nexthop(self) -> str:
        """
        The destination in Postfix's form (postconf(5), relayhost).

        The brackets mean this host itself, not its MX.
        """
        return f"[{self.host}]:{self.port}"

    @property
    def transport(self) -> str:
        """The service of master.cf that delivers to it, and where (transport(5))."""
        service = "relay-tls" if self.port == IMPLICIT_TLS else "relay-starttls"
        return f"{service}:{self.nexthop}"


class DomainRelay(NamedTuple):
    """The relay for senders of one domain."""

    domain: str
    relay: Relay

    @classmethod
    def of(cls, text: str) -> "DomainRelay":
        """
        Take apart *text*, domain/host or domain/host:port.

        Raises:
            ValueError: If it is neither.
        """
        domain, _, relay = text.partition("/")
        if not (domain and relay):
            raise ValueError(f"must be pairs like a.example/smtp.example:587: {text}")
        try:
            return cls(name(domain), Relay.of(relay))
        except ValueError as error:
            raise ValueError(f"{error}: {text}") from None

    def __str__(self) -> str:
        """Write it as in .env."""
        return f"{self.domain}/{self.relay}"


def _host(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        return name(text)


def _is_port(text: str) -> bool:
    return bool(re.fullmatch(r"[1-9][0-9]{0,4}", text)) and int(text) < 65536


def _relay_or_none(text: str) -> Relay | None:
    return Relay.of(text) if text else None


def _by_domain(text: str) -> tuple[DomainRelay, ...]:
    return by_domain(text, DomainRelay.of)


RelayTLS = Annotated[
    Literal["verify", "encrypt", "optional"], one_of("verify", "encrypt", "optional")
]
RelayHost = Annotated[Relay | None, read_by(_relay_or_none)]
RelayByDomain = Annotated[tuple[DomainRelay, ...], read_by(_by_domain)]
