"""Which servers take the mail that leaves."""

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types.relays import Relay, RelayByDomain, RelayHost, RelayTLS


class Relays(BaseModel, use_attribute_docstrings=True):
    """The relays, and how they are spoken to."""

    relay_host: RelayHost = None
    """Where to hand over outgoing mail, as host or host:port (port 25 if not said;
    on 465, TLS from the first byte). Empty: straight to the recipient's server. If
    it wants a login: `stack relay login`."""

    relay_by_domain: RelayByDomain = ()
    """Domains whose mail, by its sender's address, goes through a server of their
    own: domain/host:port, more of them after commas. All other mail goes through
    RELAY_HOST, or straight."""

    relay_tls: RelayTLS = "verify"
    """How relays are spoken to. verify: encrypted, and only with a certificate for
    their name by an authority that Debian knows. encrypt: with any certificate, so
    whoever sits on the way can pose as the relay, read mail and take the login.
    optional: with any certificate, or in the clear and then without the login; only
    for a relay in your own network."""

    @field_validator("relay_tls")
    @classmethod
    def _can_be_verified(cls, mode: str, info: ValidationInfo) -> str:
        # Either is missing here when it was found to be wrong already.
        found = [each.relay for each in info.data.get("relay_by_domain", ())]
        if host := info.data.get("relay_host"):
            found.insert(0, host)
        nameless = [relay for relay in found if relay.is_address]
        if mode == "verify" and nameless:
            raise ValueError(
                f"can't be verify: write {nameless[0]} with the name that its"
                " certificate has, or read what encrypt and optional risk"
            )
        return mode

    @property
    def relays(self) -> dict[str, Relay]:
        """The relay of each sender's domain that has its own; of all others by ""."""
        every = {"": self.relay_host} if self.relay_host else {}
        return every | {each.domain: each.relay for each in self.relay_by_domain}

    def relay_of(self, domain: str) -> Relay | None:
        """Return the relay that takes what *domain* sends, or nothing."""
        return self.relays.get(domain) or self.relays.get("")
