"""Imported text, valid or invalid, and the result of its check."""

import pytest

from stack.certs.validation import acceptance
from stack.system.errors import StackError
from tests.support.certs.authority import (
    DAY,
    HOST,
    NOW,
    authority,
    server,
)

ROOT = authority("Root", end=NOW + 3650 * DAY)
MIDDLE = authority("Middle", ROOT)
LOWER = authority("Lower", MIDDLE)
LEAF = server(LOWER)
STRANGER = server(authority("Elsewhere"), "www.example.net")

WHOLE = LEAF.key_pem + LEAF.pem + LOWER.pem + MIDDLE.pem


def accept(*parts: str, host: str = HOST, trusted=(ROOT,), now=NOW):
    """Check the joined *parts*; Root is the only known authority."""
    roots = [each.certificate for each in trusted]
    return acceptance.accept("".join(parts), host, now, roots)


def chain(*parts: str, **other):
    """Return the accepted chain in *parts*."""
    return list(accept(*parts, **other).chain)


def problems(*parts: str, **other) -> list[str]:
    """Return the problems of *parts*."""
    with pytest.raises(StackError) as caught:  # noqa: PT011 - who calls looks at it
        accept(*parts, **other)
    said = list(caught.value.problems)
    assert all(each and each.isprintable() for each in said)
    return said


def certificates(*issued):
    """Return the certificates of *issued*."""
    return [each.certificate for each in issued]
