"""The servers that outgoing mail is handed to."""

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types.sending.relays import Relay, RelayByDomain, RelayHost, RelayTLS


class Relays(BaseModel, use_attribute_docstrings=True):
    """The relays, and how connections to them are protected."""

    relay_host: RelayHost = None
    """The server that outgoing mail is handed to, as host or host:port. The default
    port is 25; on port 465, TLS is used from the first byte. Empty: mail goes directly
    to the recipient's server. `stack relay login` keeps the login, if the relay wants
    one."""

    relay_by_domain: RelayByDomain = ()
    """Relays for single domains of senders, as domain/host:port, separated by commas.
    Mail of all other senders goes through RELAY_HOST, or directly."""

    relay_tls: RelayTLS = "verify"
    """How connections to relays are protected. verify: the connection is encrypted, and
    the relay's certificate must be for its name and by an authority that Debian trusts.
    encrypt: the connection is encrypted, with any certificate, so an attacker between
    the two servers can pose as the relay, read mail and take the login. optional: with
    any certificate, or without encryption, and then without the login; only for a relay
    in your own network."""

    @field_validator("relay_tls")
    @classmethod
    def _can_be_verified(cls, mode: str, info: ValidationInfo) -> str:
        # A key is missing here if its value was refused.
        found = [each.relay for each in info.data.get("relay_by_domain", ())]
        if host := info.data.get("relay_host"):
            found.insert(0, host)
        nameless = [relay for relay in found if relay.is_address]
        if mode == "verify" and nameless:
            raise ValueError(
                f"can't be verify: write {nameless[0]} by the name in its certificate,"
                " or read in docs/settings.md what encrypt and optional risk"
            )
        return mode

    @property
    def relays(self) -> dict[str, Relay]:
        """The relay of each sender domain that has one; by "", that of all others."""
        every = {"": self.relay_host} if self.relay_host else {}
        return every | {each.domain: each.relay for each in self.relay_by_domain}

    def relay_of(self, domain: str) -> Relay | None:
        """Return the relay for mail of senders in *domain*, or None."""
        return self.relays.get(domain) or self.relays.get("")
