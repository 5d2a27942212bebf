"""What an authority says of itself (RFC 8555 §7.1.1)."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from stack.system.errors import StackError

TIMEOUT = 30.0  # seconds
LARGEST = 65_536  # bytes


@dataclass(frozen=True)
class Directory:
    """What we ask of it."""

    terms: str
    """Where its terms of service are; nothing if it has none."""
    caa_names: tuple[str, ...]
    """What it calls itself in CAA records (RFC 8659 §4.2)."""


def read(url: str, authorities: Path) -> Directory:
    """
    Ask the authority at *url*, trusting *authorities* for its own certificate.

    Raises:
        StackError: When there is no answer, or it is none of an ACME directory.
    """
    try:
        trust = ssl.create_default_context(cafile=authorities)
        with urlopen(url, timeout=TIMEOUT, context=trust) as answer:  # noqa: S310 - https, by its setting
            found = json.loads(answer.read(LARGEST))
    except (OSError, ValueError, HTTPException) as error:
        words = error.reason if isinstance(error, URLError) else error
        raise StackError(
            f"the authority {url} gives no answer ({words}): see ACME_DIRECTORY in"
            " .env and the way to it, then try again"
        ) from None
    return _directory(found if isinstance(found, dict) else {})


def _directory(found: Mapping[str, Any]) -> Directory:
    meta = found.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    names = meta.get("caaIdentities")
    return Directory(
        str(meta.get("termsOfService") or ""),
        tuple(map(str, names)) if isinstance(names, list) else (),
    )
