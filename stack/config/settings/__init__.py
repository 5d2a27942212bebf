"""The settings of .env: one field for each key, one file for each topic."""

from ipaddress import IPv4Network

from pydantic import ValidationInfo, field_validator

from stack.config.settings.certificates import Certificates
from stack.config.settings.dns import Dns
from stack.config.settings.filters.antivirus import Antivirus
from stack.config.settings.filters.dmarc import Dmarc
from stack.config.settings.filters.postscreen import Postscreen
from stack.config.settings.filters.spam import Spam
from stack.config.settings.limits import Limits
from stack.config.settings.names import Names
from stack.config.settings.public.ports import Ports
from stack.config.settings.public.web import Web
from stack.config.settings.sending.forwarding import Forwarding
from stack.config.settings.sending.ipv6 import SendingIpv6
from stack.config.settings.sending.relays import Relays
from stack.config.settings.sending.reports import Reports
from stack.config.settings.sending.transport import Transport
from stack.config.types.text import Level, YesOrNo


# Pydantic takes the fields of the last base first: .env.example begins with the names.
class Settings(
    Dns,
    Antivirus,
    Spam,
    Dmarc,
    Postscreen,
    Limits,
    Reports,
    Forwarding,
    Transport,
    SendingIpv6,
    Relays,
    Certificates,
    Web,
    Ports,
    Names,
    frozen=True,
    extra="forbid",
    validate_default=True,
):
    """
    All of .env, checked and typed.

    Code and templates take settings from here, never from the environment. A key
    is its field's name in capitals. A field without a default is required. The
    docstring of a field is its comment in .env.example and its row in
    docs/settings.md. A setting exists only if two operators need different values.

    This class itself holds the settings of all services, and the rules that concern
    two topics.
    """

    log_level: Level = "info"
    """How much the containers log: info, or debug while you look for a fault."""

    allow_ephemeral_data: YesOrNo = False
    """Start even if mail, queue or keys are not on a persistent mount (yes). They are
    lost together with the container, so this is for tests only."""

    @field_validator("resolver_dnssec")
    @classmethod
    def _enough_for_dane(cls, validates: bool, info: ValidationInfo) -> bool:
        demanded = [
            str(each)
            for each in info.data.get("tls_policy", ())
            if each.level == "dane"
        ]
        if demanded and not validates:
            raise ValueError(
                f"must be yes while TLS_POLICY has {demanded[0]}: without DNSSEC"
                " nothing is proven by DANE, and that mail would never leave"
            )
        return validates

    @field_validator("resolver_network")
    @classmethod
    def _beside_the_others(
        cls, network: IPv4Network, info: ValidationInfo
    ) -> IPv4Network:
        subnet = info.data.get("network_subnet")
        if subnet and subnet.overlaps(network):
            raise ValueError("must be another network: NETWORK_SUBNET has it")
        return network
