"""Where clients reach the server on this machine."""

from ipaddress import IPv4Address, IPv4Network

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types.networks import IPv4, Subnet
from stack.config.types.numbers import Port

PORTS = (
    "smtp_port",
    "submission_port",
    "submissions_port",
    "imap_port",
    "imaps_port",
    "http_port",
)


class Ports(BaseModel, use_attribute_docstrings=True):
    """The ports of this machine, and the network behind them."""

    publish_address: IPv4 = IPv4Address("0.0.0.0")  # noqa: S104 - a mail server is there to be reached
    """The address of this machine that the ports below are opened on. 0.0.0.0: on
    all of them; 127.0.0.1: for this machine alone."""

    smtp_port: Port = 25
    """Where other mail servers reach us. They know no other port than 25. For this
    and the other ports, 0 lets Docker choose a free one."""

    submission_port: Port = 587
    """Where our users' programs send mail, with STARTTLS."""

    submissions_port: Port = 465
    """Where our users' programs send mail, with TLS from the first byte."""

    imap_port: Port = 143
    """Where our users' programs read mail, with STARTTLS."""

    imaps_port: Port = 993
    """Where our users' programs read mail, with TLS from the first byte."""

    http_port: Port = 80
    """Where a certificate authority looks whether MAIL_HOSTNAME is ours. Opened only
    where the service certs runs, and answered only while it is asked. Authorities know
    no other port than 80; 0, and another ACME_CHALLENGE, where that one is taken."""

    network_subnet: Subnet = IPv4Network("172.29.25.0/24")
    """The addresses of the containers. Change it if your network uses them, after
    `docker compose down`: Compose doesn't change a network that is in use."""

    @field_validator(*PORTS)
    @classmethod
    def _not_taken(cls, port: int, info: ValidationInfo) -> int:
        for other in PORTS:
            if port and info.data.get(other) == port:
                raise ValueError(f"must be another port: {other.upper()} has it")
        return port
