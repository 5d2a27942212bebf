"""Reads the directory of an ACME authority (RFC 8555 §7.1.1)."""

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
    """The parts of a directory that we need."""

    terms: str
    """The URL of its terms of service; empty if it has none."""
    caa_names: tuple[str, ...]
    """The issuer names that it recognises in CAA records (RFC 8659 §4.2)."""


def read(url: str, authorities: Path) -> Directory:
    """
    Fetch the directory at *url*; *authorities* is a PEM file of trusted roots.

    Raises:
        StackError: When there is no answer, or the answer is not JSON.
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
