"""What the owner of a domain asks for: DMARC Policy Records (RFC 9989, section 4.7)."""

import re
from collections.abc import Iterable
from typing import NamedTuple

# Octets. A stranger writes the record: this bounds the work that it causes.
_LONGEST = 4096

_VERSION = re.compile(rb"[vV][ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)")
# A URI has a scheme and more (RFC 3986, section 3), and no comma here.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_FO = re.compile(r"[01ds](:[01ds])*")

# From the most lenient to the strictest.
REQUESTS = ("none", "quarantine", "reject")


class Record(NamedTuple):
    """The tags that count for a verdict, each with its default in place."""

    p: str | None
    """none, quarantine or reject; None when the record can't be applied."""

    sp: str | None = None
    np: str | None = None
    psd: str = "u"
    strict_dkim: bool = False
    strict_spf: bool = False
    testing: bool = False
    fo: str = "0"
    rua: tuple[str, ...] = ()
    """The URIs that aggregate reports are to be sent to, as they are written."""


def parse(texts: Iterable[bytes]) -> Record | None:
    """
    Return the policy record among the TXT records at one name, if it is the only one.

    Other records are ignored; several policy records count as none (section 4.10).
    Tags that are unknown or wrong are taken as if they were not there; but without a
    policy that can be read, the record asks for reports only, or for nothing at all
    (section 4.10.1).
    """
    records = [text for text in texts if _VERSION.match(text)]
    if len(records) != 1 or len(records[0]) > _LONGEST:
        return None
    found = tags(records[0].decode("ascii", "replace"))
    p, sp, np = (found.get(name) for name in ("p", "sp", "np"))
    rua = _uris(found.get("rua", ""))
    if p not in REQUESTS or not {sp, np} <= {None, *REQUESTS}:
        p, sp, np = ("none" if rua else None), None, None
    return Record(
        p,
        sp,
        np,
        psd=_one_of("yn", found.get("psd"), "u"),
        strict_dkim=found.get("adkim") == "s",
        strict_spf=found.get("aspf") == "s",
        testing=found.get("t") == "y",
        fo=fo if _FO.fullmatch(fo := found.get("fo", "0")) else "0",
        rua=rua,
    )


def tags(text: str) -> dict[str, str]:
    """Return the tags of a record by name; values in lower case, except URIs."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        # In an address, small letters and capitals may differ.
        value = value if name == "rua" else value.lower()
        # Of a tag that is given twice the first counts, as nobody says which should.
        found.setdefault(name, value)
    return found


def _uris(value: str) -> tuple[str, ...]:
    return tuple(u for each in value.split(",") if _URI.fullmatch(u := each.strip()))


def _one_of(values: str, value: str | None, otherwise: str) -> str:
    return value if value and value in values else otherwise
