"""A name server of our own, which says of one name what a test wants it to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, UDPServer
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


@contextmanager
def answering(*lines: str, code: str = "NOERROR") -> Iterator[dns.resolver.Resolver]:
    """
    Answer every question with *lines* of a zone, and *code*; yield who asks there.

    With the code SILENCE there is no answer at all.
    """

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            data, plain = self.request
            if code != "SILENCE":
                plain.sendto(_answer(data, lines, code), self.client_address)

    with UDPServer(("127.0.0.1", 0), Handler) as server:
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


def _answer(question: bytes, lines: tuple[str, ...], code: str) -> bytes:
    reply = dns.message.make_response(dns.message.from_wire(question))
    reply.flags |= dns.flags.RA
    reply.set_rcode(dns.rcode.from_text(code))
    reply.answer = dns.message.from_text("\n".join([";ANSWER", *lines])).answer
    return reply.to_wire()
