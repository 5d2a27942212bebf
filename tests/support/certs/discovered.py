"""Certificates to be found in a folder, and what `stack cert import` makes of it."""

from pathlib import Path

import pytest

from stack.certs import discovery
from stack.system.errors import StackError
from tests.support.certs.authority import DAY, HOST, NOW, rsa_key, server
from tests.support.certs.foreign_folders import MIDDLE, ROOT

LEAF = server(MIDDLE)
LATER = server(MIDDLE, end=NOW + 100 * DAY, key=rsa_key())
STARRED = server(MIDDLE, "*.example.org", end=NOW + 95 * DAY)
OTHER = server(MIDDLE, "www.example.org")
ENDED = server(MIDDLE, end=NOW - DAY / 2)


def best(folder: Path):
    """Return the certificate that is taken of *folder*."""
    return discovery.best(folder, HOST, NOW, [ROOT.certificate]).leaf


def refusal(folder: Path) -> list[str]:
    """Return the problems when no certificate in *folder* can be used."""
    with pytest.raises(StackError) as caught:  # noqa: PT011 - who calls looks at it
        best(folder)
    assert "PRIVATE KEY" not in str(caught.value)
    return list(caught.value.problems)
