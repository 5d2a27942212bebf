"""A fake control socket of the spam filter, with a given answer."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def answering(path: Path, answer: Callable[[bytes], bytes]) -> Iterator[list[bytes]]:
    """Listen on *path* and give the *answer*; yield the requests."""
    asked: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = self.rfile.read()
            asked.append(request)
            self.wfile.write(answer(request))

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def reply(status: str, *headers: str, body: str = "") -> bytes:
    """Write an answer as spamd does."""
    lines = [f"SPAMD/1.5 {status}", f"Content-length: {len(body.encode())}", *headers]
    return ("\r\n".join([*lines, "", ""]) + body).encode()
