"""Where a report may be sent to (RFC 9989, section 4.7; RFC 9990, section 4)."""

import json
import re
from typing import NamedTuple
from urllib.parse import unquote

from mail_auth.dns.domain_names import a_labels
from mail_auth.dns.resolver import Resolver
from mail_auth.verifying.dmarc import record, tree_walk

from report_sender.counting.results import Group

# Of more, the first ones count: who wants copies can forward them.
MOST = 5

# The length of a name in the DNS (RFC 1035, section 2.3.4).
_LONGEST_NAME = 253

_MAILTO = re.compile(
    r"mailto:(?P<local>[A-Za-z0-9.+_%=~/-]{1,64})@(?P<domain>[^@!?]+)"
    r"(?:\?[^!]*)?(?:!(?P<size>\d{1,9})(?P<unit>[kmgt]?))?",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"[A-Za-z0-9.+_%=~/!#$&'*?^`{|}-]{1,64}")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_UNITS = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}
_VERSION = re.compile(rb"[vV][ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)")


class Destination(NamedTuple):
    """An address for reports."""

    local: str
    host: str
    """Its domain, as A-labels in lower case."""

    most: int | None = None
    """Octets of the largest report that is wanted there."""

    def __str__(self) -> str:
        return f"{self.local}@{self.host}"


def uris(group: Group) -> list[str]:
    """Return the URIs that the domain of *group* publishes, in its order."""
    policy = json.loads(group.policy)
    found = policy["rua"] if group.kind == "dmarc" else _rua(policy)
    return [*dict.fromkeys(found)][:MOST]


def parsed(uri: str) -> Destination | None:
    """Return the address in a mailto: *uri*; None for all else: this can't send it."""
    match = _MAILTO.fullmatch(uri)
    if not match:
        return None
    local, domain = unquote(match["local"]), a_labels(unquote(match["domain"]))
    if not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        return None
    most = (
        int(match["size"]) << _UNITS[match["unit"].lower()] if match["size"] else None
    )
    return Destination(local, domain, most)


def allowed(kind: str, domain: str, uri: str, resolver: Resolver) -> list[Destination]:
    """
    Return the addresses that *uri* stands for, and that want reports on *domain*.

    Nobody can have DMARC reports sent to somebody else: another's domain must say in
    its DNS that it takes them (RFC 9990, section 4).

    Raises:
        UnansweredError: That can't be looked up now.
    """
    wanted = parsed(uri)
    if not wanted:
        return []
    if kind == "tls" or _same_owner(domain, wanted.host, resolver):
        return [wanted]
    name = f"{domain}._report._dmarc.{wanted.host}"
    if len(name) > _LONGEST_NAME:
        return []
    texts = resolver.look_up(name).records
    permissions = [each for each in texts if _VERSION.match(each)]
    if not permissions:
        return []
    instead = [
        parsed(other)
        for each in permissions
        for other in record.tags(each.decode("ascii", "replace"))
        .get("rua", "")
        .split(",")
        if other.strip()
    ]
    if not instead:
        return [wanted]
    same = [each for each in instead if each and each.host == wanted.host]
    return same[:MOST] if len(same) == len(instead) else []


def _same_owner(one: str, other: str, resolver: Resolver) -> bool:
    return one == other or _owner(one, resolver) == _owner(other, resolver)


def _owner(domain: str, resolver: Resolver) -> str:
    return tree_walk.organizational(domain, tree_walk.walk(domain, resolver))


def _rua(text: str) -> list[str]:
    value = record.tags(text).get("rua", "")
    return [each.strip() for each in value.split(",") if each.strip()]
