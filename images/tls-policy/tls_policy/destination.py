"""Where Postfix is about to deliver: the key of a look-up in smtp_tls_policy_maps."""

import re
from ipaddress import ip_address
from typing import NamedTuple

import idna

_SMTP = 25
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*")
_KEY = re.compile(r"(?P<open>\[)?(?P<name>[^\[\]:]+)(?(open)\])(:(?P<port>\d{1,5}))?")


class Destination(NamedTuple):
    """A domain, or a single host."""

    name: str
    """In lower case and A-labels, without the last dot."""

    port: int = _SMTP

    is_host: bool = False
    """Whether this is the host itself, as in `[host]`: its MX is not looked up."""


def destination(key: str) -> Destination | None:
    """
    Take apart *key*, a next hop as in `domain`, `domain:port` or `[host]:port`.

    Return None for what no domain can say anything about: an address, `.parent`.
    """
    found = _KEY.fullmatch(key.strip())
    if not found or _is_address(found["name"]):
        return None
    name = _a_labels(found["name"].rstrip(".").lower())
    if not name or not _HOST.fullmatch(name):
        return None
    return Destination(name, int(found["port"] or _SMTP), bool(found["open"]))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _a_labels(name: str) -> str:
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return ""
