"""A spamd to speak to: answers as it is told, on a socket of its own."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spam_milter.spamc.request import MAX_MESSAGE_BYTES, Request, read


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked = read(self.rfile, MAX_MESSAGE_BYTES)
        self.server.asked.append(asked)
        self.wfile.write(self.server.answer(asked))


class Spamd(socketserver.ThreadingUnixStreamServer):
    """What it was asked is in *asked*."""

    daemon_threads = True

    def __init__(self, path: Path, answer: Callable[[Request], bytes]) -> None:
        self.asked: list[Request] = []
        self.answer = answer
        super().__init__(str(path), _Handler)


@contextmanager
def running(path: Path, answer: Callable[[Request], bytes]) -> Iterator[Spamd]:
    """Have a spamd on the socket *path* for a while."""
    with Spamd(path, answer) as spamd:
        thread = threading.Thread(target=spamd.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield spamd
        finally:
            spamd.shutdown()
            thread.join()
            path.unlink()
