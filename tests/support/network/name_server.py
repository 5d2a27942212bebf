"""A name server of the tests, which answers for one name."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, UDPServer
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset


@contextmanager
def answering(
    *lines: str, code: str = "NOERROR", proven: bool = False
) -> Iterator[dns.resolver.Resolver]:
    """
    Answer every question with *lines* of a zone, and *code*; yield who asks there.

    With the code SILENCE there is no answer at all. If that is *proven* by DNSSEC, who
    asks for it is told so (RFC 6840, section 5.8).
    """

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            data, plain = self.request
            if code != "SILENCE":
                reply = _answer(data, lines, code, proven)
                plain.sendto(reply, self.client_address)

    with _asked(Handler) as resolver:
        yield resolver


@contextmanager
def serving(records: Iterable[str], left: int) -> Iterator[dns.resolver.Resolver]:
    """
    Serve a zone of *records*, and be a resolver that remembers it; yield who asks that.

    What it remembers has *left* as many seconds to live. The zone's own server, which
    has the same port, is asked without recursion.
    """
    sets = dns.message.from_text("\n".join([";ANSWER", *records])).answer

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            data, plain = self.request
            plain.sendto(_found(data, sets, left), self.client_address)

    with _asked(Handler) as resolver:
        yield resolver


def _found(data: bytes, sets: list[dns.rrset.RRset], left: int) -> bytes:
    question = dns.message.from_wire(data)
    reply = dns.message.make_response(question)
    remembers = bool(question.flags & dns.flags.RD)
    reply.flags |= dns.flags.RA if remembers else dns.flags.AA
    name, kind = question.question[0].name, question.question[0].rdtype
    while name:
        found = [each for each in sets if each.name == name]
        reply.answer += [each for each in found if each.rdtype == kind]
        alias = [each for each in found if each.rdtype == dns.rdatatype.CNAME]
        reply.answer += alias
        name = alias[0][0].target if alias and remembers else None
    if remembers:
        reply.answer = [_aged(each, left) for each in reply.answer]
    return reply.to_wire()


def _aged(rrset: dns.rrset.RRset, left: int) -> dns.rrset.RRset:
    aged = rrset.copy()
    aged.ttl = min(left, rrset.ttl)
    return aged


def _answer(data: bytes, lines: tuple[str, ...], code: str, proven: bool) -> bytes:
    question = dns.message.from_wire(data)
    reply = dns.message.make_response(question)
    reply.flags |= dns.flags.RA
    if proven and question.flags & dns.flags.AD:
        reply.flags |= dns.flags.AD
    reply.set_rcode(dns.rcode.from_text(code))
    # The zone's SOA record is what says that there is nothing.
    told = dns.message.from_text("\n".join([";ANSWER", *lines])).answer
    reply.answer = [each for each in told if each.rdtype != dns.rdatatype.SOA]
    reply.authority = [each for each in told if each.rdtype == dns.rdatatype.SOA]
    return reply.to_wire()


@contextmanager
def _asked(handler: type[BaseRequestHandler]) -> Iterator[dns.resolver.Resolver]:
    """Serve *handler* on a free port; yield a resolver that asks it."""
    with UDPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = server.server_address[1]
        try:
            yield resolver
        finally:
            server.shutdown()
            thread.join()
