"""What the DNS says about us: each test runs under what `stack dns show` prints."""

import json
import re

import pytest

from . import name_server

pytestmark = pytest.mark.core


def as_shown(line: str) -> tuple[str, str, str]:
    """Return name, type and value of a *line* of a zone, as JSON has them."""
    name, _, _, kind, data = line.split(maxsplit=4)
    # RFC 1035, 3.3.14: how a text is cut into strings means nothing.
    text = "".join(re.findall(r'"([^"]*)"', data)) if kind == "TXT" else data
    return name.rstrip("."), kind, text.rstrip(".")


def is_in(name: str, domains: list[str]) -> bool:
    """Say whether *name* is one of *domains* or below it."""
    return any(f".{name}".endswith(f".{domain}") for domain in domains)


@pytest.mark.usefixtures("carol")
def test_the_world_has_the_records_that_are_to_be_published(server):
    """
    A name server out there knows of our domains what `stack dns show` prints.

    No more and no less, but for TLSA, which is for domains with DNSSEC.
    """
    blocks = json.loads(server.project.stack("dns", "show", "--json").stdout)
    domains = [block["domain"] for block in blocks]
    shown = [
        (each["name"], each["type"], each["value"])
        for block in blocks
        for each in block["records"]
    ]

    world = [as_shown(line) for line in name_server.known(server.project)]

    assert {"example.test", "second.test"} <= set(domains)
    assert sorted(each for each in world if is_in(each[0], domains)) == sorted(
        each for each in shown if each[1] != "TLSA"
    )
