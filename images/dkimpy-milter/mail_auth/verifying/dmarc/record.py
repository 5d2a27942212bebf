"""What the owner of a domain asks for: DMARC Policy Records (RFC 9989, section 4.7)."""

import re
from collections.abc import Iterable
from typing import NamedTuple

# Octets. A stranger writes the record: this bounds the work that it causes.
_LONGEST = 4096

_VERSION = re.compile(rb"[vV][ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)")
# A URI has a scheme and more (RFC 3986, section 3), and no comma here.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")

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
    tags = _tags(records[0].decode("ascii", "replace"))
    p, sp, np = (tags.get(name) for name in ("p", "sp", "np"))
    if p not in REQUESTS or not {sp, np} <= {None, *REQUESTS}:
        p, sp, np = ("none" if _reports(tags) else None), None, None
    return Record(
        p,
        sp,
        np,
        psd=_one_of("yn", tags.get("psd"), "u"),
        strict_dkim=tags.get("adkim") == "s",
        strict_spf=tags.get("aspf") == "s",
        testing=tags.get("t") == "y",
    )


def _tags(text: str) -> dict[str, str]:
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        # Of a tag that is given twice the first counts, as nobody says which should.
        tags.setdefault(name.strip().lower(), value.strip().lower())
    return tags


def _reports(tags: dict[str, str]) -> bool:
    return any(_URI.fullmatch(uri.strip()) for uri in tags.get("rua", "").split(","))


def _one_of(values: str, value: str | None, otherwise: str) -> str:
    return value if value and value in values else otherwise
