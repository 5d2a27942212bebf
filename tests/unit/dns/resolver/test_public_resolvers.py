"""The resolver's status, by a name that doesn't exist."""

import socket

import pytest

from stack.dns.resolver import public_resolvers


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (socket.EAI_NONAME, public_resolvers.ANSWERS),
        (socket.EAI_AGAIN, public_resolvers.SILENT),
    ],
)
def test_nxdomain_is_an_answer(monkeypatch, number, words):
    """Only the root servers can say that the name doesn't exist."""
    asked = []

    def look_up(name, port):
        asked.append((name, port))
        raise socket.gaierror(number, "")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    assert public_resolvers.state() == public_resolvers.state() == words
    # Never the same twice: what is remembered tells nothing.
    assert len(set(asked)) == 2
    assert all(name.endswith(".") for name, _ in asked)
