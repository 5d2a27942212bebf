"""What an operator brings, right or wrong, and what becomes of it."""

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
    """Judge the joined *parts*, with Root for the only authority."""
    roots = [each.certificate for each in trusted]
    return acceptance.accept("".join(parts), host, now, roots)


def chain(*parts: str, **other):
    """Return the certificates that are taken of *parts*."""
    return list(accept(*parts, **other).chain)


def problems(*parts: str, **other) -> list[str]:
    """Return what is said against *parts*, each problem in a line of its own."""
    with pytest.raises(StackError) as caught:  # noqa: PT011 - who calls looks at it
        accept(*parts, **other)
    said = list(caught.value.problems)
    assert all(each and each.isprintable() for each in said)
    return said


def certificates(*issued):
    """Return the certificates of *issued*."""
    return [each.certificate for each in issued]
