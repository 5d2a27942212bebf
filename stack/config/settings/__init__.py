"""What an operator decides: one field for each key in .env, a file for each topic."""

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
from stack.config.settings.ports import Ports
from stack.config.settings.relays import Relays
from stack.config.types.text import Level, YesOrNo


# Pydantic takes the fields of the last base first: .env.example begins with the names.
class Settings(
    Dns,
    Antivirus,
    Spam,
    Dmarc,
    Postscreen,
    Limits,
    Relays,
    Certificates,
    Ports,
    Names,
    frozen=True,
    extra="forbid",
    validate_default=True,
):
    """
    The whole of .env, checked and typed.

    Code and templates take settings from here, never from the environment. A key
    has its field's name in capitals; a field without a default is required; the
    text under a field is its comment in .env.example and its row in
    docs/settings.md. A setting exists only where two operators need it to differ.

    Here stand those that concern every service, and what holds between topics.
    """

    log_level: Level = "info"
    """How much the containers log: info, or debug while looking for a fault."""

    allow_ephemeral_data: YesOrNo = False
    """Start (yes) although mail, queue or keys are not on a persistent mount: they
    are lost with the container. For trials only."""

    @field_validator("resolver_network")
    @classmethod
    def _beside_the_others(
        cls, network: IPv4Network, info: ValidationInfo
    ) -> IPv4Network:
        subnet = info.data.get("network_subnet")
        if subnet and subnet.overlaps(network):
            raise ValueError("must be another network: NETWORK_SUBNET has it")
        return network
