"""Reads the certificates in Traefik's acme.json, of version 1, 2 or 3 of Traefik."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One certificate in acme.json."""

    label: str
    """Its resolver and main domain, to name it in messages."""
    pem: str
    """Key and chain as PEM; empty when either is missing or not in base64."""

    def __repr__(self) -> str:
        """Show it without the key: this may end in a log."""
        return f"Entry({self.label!r})"


def entries(text: str) -> Iterator[Entry]:
    """Yield each certificate in *text*; nothing if it is not JSON of that form."""
    for resolver, stored in _stored(text):
        domain = stored.get("domain")
        main = domain.get("main") if isinstance(domain, dict) else None
        yield Entry(f"{resolver or 'Traefik 1'}: {main}", _pem(stored))


def _pem(stored: Mapping[str, Any]) -> str:
    try:
        parts = [b64decode(stored[each]) for each in ("key", "certificate")]
    except (KeyError, TypeError, ValueError):
        return ""
    return b"\n".join(parts).decode("ascii", "replace")


def _stored(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the certificates by resolver; version 1 has none at the top level."""
    try:
        # Version 1 writes the same keys with capitals.
        data = json.loads(text, object_pairs_hook=_lower_keys)
    except (ValueError, RecursionError):
        return
    for resolver, holds in {"": data, **data}.items() if isinstance(data, dict) else ():
        listed = holds.get("certificates") if isinstance(holds, dict) else None
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict):
                yield resolver, each


def _lower_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return {name.lower(): value for name, value in pairs}
