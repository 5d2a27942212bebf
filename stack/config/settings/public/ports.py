"""The ports of this machine on which clients reach the server."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types.networks import (
    AutoYesOrNo,
    IPv4,
    IPv6,
    SeenOfIPv6,
    Subnet,
    SubnetIPv6,
)
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

    ipv6: AutoYesOrNo = "auto"
    """Whether the ports are open on IPv6 too. auto: `make up` looks whether the address
    of an IPv6 client reaches the containers, and opens the ports if it does. yes: open
    them also where `make up` can't look or isn't used; a client may then come with the
    address of Docker's gateway, and can neither send nor read. no: IPv4 only.
    `stack status` says what is open, and why not. After a change run `make up`; or
    `stack init`, `docker compose down` and `docker compose up --detach --wait`."""

    publish_address_ipv6: IPv6 | None = None
    """The IPv6 address of this machine on which the ports are opened. :: means all
    addresses. Empty: all if PUBLISH_ADDRESS is 0.0.0.0, and otherwise none."""

    network_subnet_ipv6: SubnetIPv6 = IPv6Network("fdb7:4c19:e0a2:25::/64")
    """The IPv6 network of the containers: 64 bits in fd00::/8 that no other network of
    this machine has. A second server on one machine needs another one. Run `docker
    compose down` before a change."""

    ipv6_seen: SeenOfIPv6 = ""
    """Written by `make up`: what it has seen of IPv6 on this machine. kept: the address
    of a client reaches the containers. hidden, none, old-network, taken and unknown are
    reasons why the ports are closed, which `stack status` explains."""

    @field_validator(*PORTS)
    @classmethod
    def _not_taken(cls, port: int, info: ValidationInfo) -> int:
        for other in PORTS:
            if port and info.data.get(other) == port:
                raise ValueError(f"must be another port: {other.upper()} has it")
        return port
