"""Parses a DKIM key record, and tells which signatures the key may verify."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from dkim.util import InvalidTagValueList, parse_tag_value

from mail_auth.dns.domain_names import a_labels

_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_KEY_TYPES = {b"rsa", b"ed25519"}


class KeyUnusableError(Exception):
    """There is no usable key, and there will be none later (permanent)."""


class KeyRecord(NamedTuple):
    """What RFC 6376, section 3.6.1, has in the TXT record of a key."""

    type: bytes
    """k=, the kind of signatures it verifies."""

    data: bytes
    """p=, without blanks."""

    hashes: frozenset[bytes] | None
    """h=; without it, any."""

    services: frozenset[bytes]
    """s=, what the key may be used for."""

    flags: frozenset[bytes]
    """t=. The flag y (testing) changes nothing: a broken signature counts as none."""

    def refuse_unfit(self, signature: Mapping[bytes, bytes]) -> None:
        """
        Check that the key may verify this *signature*, given by its tags.

        Raises:
            KeyUnusableError: The record does not allow it (section 6.1.2, steps 6 to
                8).
        """
        kind, _, hashed_by = signature[b"a"].partition(b"-")
        if self.type != kind:
            raise KeyUnusableError("the key is of another kind than the signature")
        if self.hashes is not None and hashed_by not in self.hashes:
            raise KeyUnusableError("the key does not allow this hash algorithm")
        if not self.services & {b"*", b"email"}:
            raise KeyUnusableError("the key is for another service than mail")
        if b"s" in self.flags and not _is_exact(signature):
            raise KeyUnusableError("the key allows no identity below its domain")

    def canonical(self) -> bytes:
        """Return the record for dkimpy: the key without its restrictions."""
        return b"k=" + self.type + b"; p=" + self.data


def is_key(record: bytes) -> bool:
    """Tell whether *record* is meant as a key: others may be at the same name."""
    tags = [part.partition(b"=") for part in record.split(b";")]
    names = [name.strip() for name, _, _ in tags]
    version = tags[0][2].strip() if names[0] == b"v" else b"DKIM1"
    return b"p" in names and version == b"DKIM1"


def parse(record: bytes) -> KeyRecord:
    """
    Read *record*.

    Raises:
        KeyUnusableError: It is malformed, or says that the key was revoked.
    """
    try:
        tags = parse_tag_value(record)
    except InvalidTagValueList:
        raise _malformed() from None
    if b"v" in tags and (next(iter(tags)) != b"v" or tags[b"v"] != b"DKIM1"):
        raise _malformed()
    data = re.sub(rb"\s", b"", tags.get(b"p", b"?"))
    if not data:
        raise KeyUnusableError("the key was revoked")
    if not _BASE64.fullmatch(data):
        raise _malformed()
    kind = tags.get(b"k", b"rsa")
    if kind not in _KEY_TYPES:
        raise KeyUnusableError("the key is of a kind that is not known")
    return KeyRecord(
        kind,
        data,
        _listed(tags[b"h"]) if b"h" in tags else None,
        _listed(tags.get(b"s", b"*")),
        _listed(tags.get(b"t", b"")),
    )


def _malformed() -> KeyUnusableError:
    return KeyUnusableError("the key record is malformed")


def _listed(value: bytes) -> frozenset[bytes]:
    return frozenset(each.strip() for each in value.split(b":"))


def _is_exact(signature: Mapping[bytes, bytes]) -> bool:
    """Tell whether i= is of d= itself, if it is an identity: in ARC it is a number."""
    _, at, domain = signature.get(b"i", b"").rpartition(b"@")
    return not at or _name(domain) == _name(signature[b"d"])


def _name(domain: bytes) -> str:
    return a_labels(domain.decode("utf-8", "replace"))
