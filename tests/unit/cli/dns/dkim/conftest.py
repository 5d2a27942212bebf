"""A domain with keys, and its name servers."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import dns.resolver
import pytest

from stack.dns.lookup import authoritative
from tests.support.network.zone_servers import name_servers

NS1, NS2 = ("ns1.example.net", "192.0.2.1"), ("ns2.example.net", "192.0.2.2")

Publish = Callable[..., AbstractContextManager[None]]


def zone_line(name: str, text: str) -> str:
    """Return the TXT record of a zone, in strings of at most 255 octets."""
    strings = (f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
    return f"{name}. 60 IN TXT {' '.join(strings)}"


@pytest.fixture
def published(stack, monkeypatch) -> Publish:
    """
    Have two name servers with the TXT records that `stack dns show` prints now.

    The second one may have an answer of its own: a list of lines, or a word.
    """

    @contextmanager
    def publish(second: list[str] | str | None = None) -> Iterator[None]:
        shown = json.loads(stack("dns", "show", "--json").stdout)
        lines = [
            zone_line(each["name"], each["value"])
            for block in shown
            for each in block["records"]
            if "._domainkey." in each["name"]
        ]
        answers = {NS1: lines, NS2: lines if second is None else second}
        with name_servers(monkeypatch, answers):
            yield

    return publish


@pytest.fixture
def lost(monkeypatch) -> list[list[str]]:
    """Have no name servers; return the addresses of the resolvers that were asked."""
    asked: list[list[str]] = []

    def servers(_, resolver):
        asked.append(resolver.nameservers)
        raise dns.resolver.NoNameservers("nobody answers")

    monkeypatch.setattr(authoritative, "servers", servers)
    return asked


@pytest.fixture
def tables(ready) -> Callable[[], str]:
    """Return what the signer's table names."""
    return (ready.etc / "dkim-sign" / "KeyTable").read_text
