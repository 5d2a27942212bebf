"""The ports of this machine on which clients reach the server."""

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
    "https_port",
)


class Ports(BaseModel, use_attribute_docstrings=True):
    """The published ports, and the network of the containers behind them."""

    publish_address: IPv4 = IPv4Address("0.0.0.0")  # noqa: S104 - a mail server is there to be reached
    """The address of this machine on which the ports below are opened. 0.0.0.0 means
    all addresses, 127.0.0.1 means that only this machine reaches them."""

    smtp_port: Port = 25
    """The port on which other mail servers deliver mail. They always use port 25. For
    this port and those below, 0 lets Docker choose a free one."""

    submission_port: Port = 587
    """The port on which mail programs of users send mail, with STARTTLS."""

    submissions_port: Port = 465
    """The port on which mail programs of users send mail, with TLS from the first
    byte."""

    imap_port: Port = 143
    """The port on which mail programs of users read mail, with STARTTLS."""

    imaps_port: Port = 993
    """The port on which mail programs of users read mail, with TLS from the first
    byte."""

    http_port: Port = 80
    """The port on which a certificate authority checks that MAIL_HOSTNAME is this
    server. Only the service certs opens it, and answers only during a check; with
    WEB=yes the service web opens it. Authorities always use port 80. If another program
    has that port, set this to 0 and choose another ACME_CHALLENGE."""

    https_port: Port = 443
    """The port on which the service web serves MTA-STS policies and settings for mail
    programs, with WEB=yes. Clients always use port 443. If another web server has that
    port, choose another one and let that server pass on connections: docs/web.md."""

    network_subnet: Subnet = IPv4Network("172.29.25.0/24")
    """The network of the containers. Change it if your own network uses these
    addresses. Run `docker compose down` first: Compose does not change a network that
    is in use."""

    @field_validator(*PORTS)
    @classmethod
    def _not_taken(cls, port: int, info: ValidationInfo) -> int:
        for other in PORTS:
            if port and info.data.get(other) == port:
                raise ValueError(f"must be another port: {other.upper()} has it")
        return port
