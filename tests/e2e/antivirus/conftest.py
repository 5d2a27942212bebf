"""The virus scanner, running for each file of tests."""

from collections.abc import Iterator

import pytest

from tests.support.server.project import Project
from tests.support.spam.viruses import scanning


@pytest.fixture(scope="module")
def scanned(server) -> Iterator[Project]:
    """Have the scanner running, with one signature."""
    with scanning(server.project):
        yield server.project
