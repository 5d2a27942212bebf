"""Name servers of the tests, on loopback addresses: a resolver and those of zones."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from socketserver import BaseRequestHandler, ThreadingUDPServer
from threading import Thread

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

RESOLVER = "127.0.0.1"
NAME_SERVERS = {
    "ns1.test": "127.0.0.2",
    "ns2.test": "127.0.0.3",
    "ns3.test": "127.0.0.4",
}
OURS = ("ns1.test", "ns2.test")


@dataclass
class Internet:
    """All that the name servers say, which a test may change at any time."""

    port: int
    records: list[str] = field(default_factory=list)
    """Each "NAME TYPE DATA", with the last dots."""
    instead: dict[str, list[str]] = field(default_factory=dict)
    """By name server: all that this one says."""
    silent: set[str] = field(default_factory=set)
    """The addresses of those that don't answer."""
    lame: set[str] = field(default_factory=set)
    """The addresses of those that refuse each question."""
    failing: set[str] = field(default_factory=set)
    """The names for which every server has a failure, without the last dot."""
    signed: set[str] = field(default_factory=set)
    """The zones that the resolver finds signed, without the last dot."""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Who was asked for which name and type."""

    def zone(self, name: str, servers: Iterable[str] = OURS) -> None:
        """Add the zone *name* of *servers*."""
        self.records += [
            f"{name}. SOA ns1.test. postmaster.test. 1 2 3 4 5",
            *(f"{name}. NS {server}." for server in servers),
        ]

    def set(self, name: str, kind: str, *values: str) -> None:
        """Have *values* in the place of all records of this *name* and *kind*."""
        start = f"{name}. {kind} "
        self.records[:] = [each for each in self.records if not each.startswith(start)]
        self.records += [f"{start}{value}" for value in values]

    def answer(self, address: str, data: bytes) -> bytes | None:
        """Return what the server at *address* answers; None: nothing."""
        question = dns.message.from_wire(data)
        name, kind = question.question[0].name, question.question[0].rdtype
        self.asked.append((address, name.to_text(True), kind.name))
        if address in self.silent:
            return None
        reply = dns.message.make_response(question)
        if address in self.lame or name.to_text(True) in self.failing:
            code = dns.rcode.REFUSED if address in self.lame else dns.rcode.SERVFAIL
            reply.set_rcode(code)
            return reply.to_wire()
        reply.flags |= dns.flags.RA if address == RESOLVER else dns.flags.AA
        self._fill(reply, _sets(self.instead.get(address, self.records)))
        return reply.to_wire()

    def _fill(self, reply: dns.message.Message, sets: list[dns.rrset.RRset]) -> None:
        name, kind = reply.question[0].name, reply.question[0].rdtype
        start = _zone(name, sets)
        if start and start.name.to_text(True) in self.signed:
            reply.flags |= dns.flags.AD
        while name:
            found = [each for each in sets if each.name == name]
            reply.answer += [each for each in found if each.rdtype == kind]
            alias = [each for each in found if each.rdtype == dns.rdatatype.CNAME]
            reply.answer += alias
            name = alias[0][0].target if alias else None
        if not reply.answer and start:
            reply.authority.append(start)
        if not any(each.name.is_subdomain(reply.question[0].name) for each in sets):
            reply.set_rcode(dns.rcode.NXDOMAIN)


def _sets(records: Iterable[str]) -> list[dns.rrset.RRset]:
    lines = [each.replace(" ", " 300 IN ", 1) for each in records]
    return list(dns.message.from_text("\n".join([";ANSWER", *lines])).answer)


def _zone(name: dns.name.Name, sets: list[dns.rrset.RRset]) -> dns.rrset.RRset | None:
    starts = [
        each
        for each in sets
        if each.rdtype == dns.rdatatype.SOA and name.is_subdomain(each.name)
    ]
    return max(starts, key=lambda each: len(each.name), default=None)


@contextmanager
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """Start the servers; `authoritative.ask` finds them at their port."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            data, plain = self.request
            address = self.server.server_address[0]
            if (answer := world.answer(address, data)) is not None:
                plain.sendto(answer, self.client_address)

    with ExitStack() as stack:
        first = stack.enter_context(ThreadingUDPServer((RESOLVER, 0), Handler))
        world = Internet(first.server_address[1])
        others = [
            stack.enter_context(ThreadingUDPServer((each, world.port), Handler))
            for each in NAME_SERVERS.values()
        ]
        query = partial(dns.query.udp_with_fallback, port=world.port)
        monkeypatch.setattr(dns.query, "udp_with_fallback", query)
        world.zone("test")
        for name, address in NAME_SERVERS.items():
            world.set(name, "A", address)
        for server in (first, *others):
            Thread(target=server.serve_forever, args=(0.01,)).start()
            stack.callback(server.shutdown)
        yield world
