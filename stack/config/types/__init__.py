"""
What the values in .env may look like.

pydantic would also take "25.0", "1_000" and "on". Compose reads the same keys and
passes them on as they are written, so there is one way to write each value.
"""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from typing import Annotated, Literal

from pydantic import BeforeValidator

from stack.accounts import addresses
from stack.config.types import blocklists
from stack.config.types.blocklists import Blocklist
from stack.system.errors import StackError

CHALLENGES = ("standalone", "webroot", "manual")

# Those of certbot's own, which the image certs takes by their digests.
PLUGINS = (
    *("dns-rfc2136", "dns-cloudflare", "dns-digitalocean", "dns-dnsimple"),
    *("dns-dnsmadeeasy", "dns-gehirn", "dns-google", "dns-linode", "dns-luadns"),
    *("dns-nsone", "dns-ovh", "dns-route53", "dns-sakuracloud"),
)


def _name(value: object) -> str:
    text = str(value)
    try:
        name = addresses.domain(text)
    except StackError:
        raise ValueError("must be a domain name like mail.example.org") from None
    if name != text.lower():
        raise ValueError(f"must be in ASCII, as the DNS has it: {name}")
    return name


def whole(least: int, most: int) -> BeforeValidator:
    """Take whole numbers from *least* to *most*."""

    def check(value: object) -> int:
        if re.fullmatch(r"0|[1-9][0-9]{0,9}", str(value)):
            number = int(str(value))
            if least <= number <= most:
                return number
        raise ValueError(f"must be a whole number from {least} to {most}")

    return BeforeValidator(check)


def _score(value: object) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", str(value)):
        raise ValueError("must be a number like 5.0")
    return float(str(value))


def _yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value not in {"yes", "no"}:
        raise ValueError("must be yes or no")
    return value == "yes"


def relay(value: object) -> str:
    """
    Return *value*, a host or host:port, in the form that is stored and compared.

    Raises:
        ValueError: When it is neither; the text goes on from what was wrong.
    """
    if "@" in str(value) or "//" in str(value):
        raise ValueError(
            "must be the host alone, like smtp.example.net:587: its login is kept by"
            " `stack relay login`, and RELAY_TLS says how it is spoken to"
        )
    if "[" in str(value):
        raise ValueError("must be without [ ]: no MX record of a relay is looked up")
    host, colon, port = str(value).partition(":")
    if colon and not (re.fullmatch(r"[1-9][0-9]{0,4}", port) and int(port) < 65536):
        raise ValueError("must be a host name or IPv4 address, or one with :port")
    if not host:
        return ""
    try:
        return f"{IPv4Address(host)}{colon}{port}"
    except ValueError:
        return f"{_name(host)}{colon}{port}"


def _relay_by_domain(value: object) -> str:
    pairs: dict[str, str] = {}
    for pair in filter(None, str(value).split(",")):
        sender, _, host = pair.partition("/")
        if not (sender and host):
            raise ValueError(f"must be pairs like a.example/smtp.example:587: {pair}")
        try:
            name, found = _name(sender), relay(host)
        except ValueError as error:
            raise ValueError(f"{error}: {pair}") from None
        if name in pairs:
            raise ValueError(f"must name each domain once: {name} is there twice")
        pairs[name] = found
    return ",".join(f"{name}/{found}" for name, found in pairs.items())


def _dnsbl(value: object) -> str:
    if value == blocklists.NONE:
        return blocklists.NONE
    seen: set[tuple[str, str]] = set()
    for text in str(value).split(","):
        try:
            found = Blocklist.of(text)
            key = (_name(found.zone), found.pattern)
        except ValueError as error:
            raise ValueError(f"{error}: {text}") from None
        if key in seen:
            raise ValueError(f"must name each list once: {text} is there twice")
        seen.add(key)
    return str(value)


def _networks(value: object) -> str:
    wanted = "IPv4 addresses or networks like 192.0.2.25,198.51.100.0/24"
    return ",".join(
        str(_ipv4_network(each, wanted)) for each in str(value).split(",") if each
    )


def _ipv4_network(text: str, wanted: str) -> IPv4Network:
    try:
        inside = IPv4Interface(text)
    except ValueError:
        raise ValueError(f"must be {wanted}: {text}") from None
    if inside.ip != inside.network.network_address:
        raise ValueError(
            f"must say the network, {inside.network}, or the one address, {inside.ip}:"
            f" {text} is between the two"
        )
    return inside.network


def _domains(value: object) -> str:
    names = [_name(name) for name in filter(None, str(value).split(","))]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"must name each domain once: {twice} is there twice")
    return ",".join(names)


def _parsed(kind: Callable[[str], object], wanted: str) -> BeforeValidator:
    def check(value: object) -> object:
        try:
            return kind(str(value))
        except ValueError:
            raise ValueError(f"must be {wanted}") from None

    return BeforeValidator(check)


def _one_of(*words: str) -> BeforeValidator:
    def check(value: object) -> object:
        if value not in words:
            raise ValueError(f"must be {', '.join(words[:-1])} or {words[-1]}")
        return value

    return BeforeValidator(check)


def _subnet(value: object) -> IPv4Network:
    wanted = "an IPv4 network like 172.29.25.0/24, /8 to /28"
    network = _ipv4_network(str(value), wanted)
    if not 8 <= network.prefixlen <= 28:
        raise ValueError(f"must be {wanted}")
    return network


def _network(value: object) -> str:
    try:
        IPv4Address(f"{value}.0")
    except ValueError:
        raise ValueError("must be three numbers like 172.29.26") from None
    return str(value)


def _upstream(value: object) -> str:
    found = [_server(each) for each in str(value).split(",") if each]
    if len(set(found)) < len(found):
        raise ValueError("must name each server once")
    return ",".join(found)


def _server(text: str) -> str:
    address, colon, port = text.partition(":")
    try:
        if colon and not 0 < int(port) < 65536:
            raise ValueError
        found = IPv4Address(address)
    except ValueError:
        raise ValueError(
            f"must be IPv4 addresses like 192.0.2.53, or with :port: {text}"
        ) from None
    if found.is_loopback or found.is_unspecified:
        raise ValueError(
            f"must be reached from a container, where {found} is the container itself:"
            " name the server that this machine asks (`resolvectl dns`)"
        )
    if found.is_multicast or found.is_reserved or found.is_link_local:
        raise ValueError(f"must be addresses of servers: nobody answers at {found}")
    return f"{found}{colon}{port}"


def _directory(text: str) -> str:
    if not re.fullmatch(
        r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/@+-]*)?", text
    ):
        raise ValueError(text)
    return text


def _email(text: str) -> str:
    try:
        return addresses.target(text) if text else ""
    except StackError:
        raise ValueError(text) from None


def _challenge(value: object) -> str:
    if value in (*CHALLENGES, *PLUGINS):
        return str(value)
    raise ValueError(
        f"must be {', '.join(CHALLENGES)} or {', '.join(PLUGINS)}; manual is for all"
        " other providers"
    )


def _profile(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]*", text):
        raise ValueError(text)
    return text


def _channels(value: object) -> str:
    try:
        return ",".join(_name(name) for name in str(value).split(",") if name)
    except ValueError:
        raise ValueError("must be names like kam.sa-channels.mcgrail.com") from None


def _folder(text: str) -> str:
    if text and not re.fullmatch(r"/[A-Za-z0-9._/@,+-]*", text):
        raise ValueError(text)
    return text


Name = Annotated[str, BeforeValidator(_name)]
RelayHost = Annotated[str, BeforeValidator(relay)]
RelayByDomain = Annotated[str, BeforeValidator(_relay_by_domain)]
RelayTLS = Annotated[
    Literal["verify", "encrypt", "optional"],
    _one_of("verify", "encrypt", "optional"),
]
Dnsbl = Annotated[str, BeforeValidator(_dnsbl)]
Networks = Annotated[str, BeforeValidator(_networks)]
Domains = Annotated[str, BeforeValidator(_domains)]
DMARCPolicy = Annotated[
    Literal["off", "mark", "refuse"], _one_of("off", "mark", "refuse")
]
Port = Annotated[int, whole(0, 65535)]
Score = Annotated[float, BeforeValidator(_score)]
Level = Annotated[Literal["info", "debug"], _one_of("info", "debug")]
TimeoutAction = Annotated[Literal["wait", "mark"], _one_of("wait", "mark")]
Learning = Annotated[Literal["site", "user"], _one_of("site", "user")]
YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]
IPv4 = Annotated[IPv4Address, _parsed(IPv4Address, "an IPv4 address")]
IPv6 = Annotated[IPv6Address, _parsed(IPv6Address, "an IPv6 address")]
Subnet = Annotated[IPv4Network, BeforeValidator(_subnet)]
ResolverNetwork = Annotated[str, BeforeValidator(_network)]
Upstream = Annotated[str, BeforeValidator(_upstream)]
Directory = Annotated[
    str, _parsed(_directory, "the https:// address of an ACME directory")
]
Email = Annotated[str, _parsed(_email, "an address like you@example.org")]
Challenge = Annotated[str, BeforeValidator(_challenge)]
Profile = Annotated[str, _parsed(_profile, "the name of a profile, like tlsserver")]
Channels = Annotated[str, BeforeValidator(_channels)]
Folder = Annotated[str, _parsed(_folder, "a folder by its whole path, like /srv/certs")]
