"""The name servers of a zone, each with an answer of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import dns.query
import pytest

from stack.dns.lookup import authoritative
from stack.dns.lookup.authoritative import Server
from tests.support.network.name_server import answering, serving

# Another word than records: a code of the DNS, or no answer at all.
SILENCE, REFUSED, SERVFAIL = "SILENCE", "REFUSED", "SERVFAIL"

# Nothing there can be reached.
UNREACHABLE = "UNREACHABLE"

ASK = dns.query.udp_with_fallback


@contextmanager
def name_servers(
    monkeypatch: pytest.MonkeyPatch,
    answers: Mapping[tuple[str, str], Sequence[str] | str],
) -> Iterator[None]:
    """
    Serve every zone, by name and address of each server.

    Each answers with lines of a zone, or with one of the words above.
    """
    ports: dict[str, int] = {}

    def ask_there(question, address, timeout):
        if address not in ports:
            raise OSError("Network is unreachable")
        return ASK(question, "127.0.0.1", timeout, port=ports[address])

    with ExitStack() as open_:
        for (_, address), answer in answers.items():
            if answer == UNREACHABLE:
                continue
            server = (
                answering(code=answer)
                if isinstance(answer, str)
                else serving(answer, left=9)
            )
            ports[address] = open_.enter_context(server).port
        found = [Server(*each) for each in answers]
        monkeypatch.setattr(authoritative, "servers", lambda *_: iter(found))
        monkeypatch.setattr(authoritative, "TIMEOUT", 0.2)
        monkeypatch.setattr(dns.query, "udp_with_fallback", ask_there)
        yield
