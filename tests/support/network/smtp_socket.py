"""A fake Postfix: SMTP on a UNIX socket, which accepts or refuses mail."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

CODES = {"DATA": 354, "QUIT": 221}


@dataclass
class Heard:
    """What a client has sent, and how to answer it."""

    refuses: str = ""
    """The command, in capitals, that is answered with `reply`."""
    reply: bytes = b"451 4.3.0 Try again later"
    lines: list[bytes] = field(default_factory=list)
    """What the client has said; the letter is among them."""

    @property
    def commands(self) -> list[str]:
        """The commands before the message."""
        return [line.decode().strip() for line in self.lines[: self._data]]

    @property
    def letter(self) -> bytes:
        """The message, as it was sent."""
        start = self._data
        assert start is not None
        return b"".join(self.lines[start + 1 : self.lines.index(b".\r\n")])

    def said(self, verb: str) -> bytes:
        """Return the line that begins with *verb*."""
        return next(line for line in self.lines if _verb(line) == verb).rstrip()

    @property
    def _data(self) -> int | None:
        verbs = [_verb(line) for line in self.lines]
        return verbs.index("DATA") if "DATA" in verbs else None


@contextmanager
def listening(path: Path) -> Iterator[Heard]:
    """Have a server at the socket *path*, and yield what it hears."""
    heard = Heard()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mail.example.org\r\n")
            in_letter = False
            for line in self.rfile:
                heard.lines.append(line)
                if in_letter and line != b".\r\n":
                    continue
                verb = _verb(line)
                in_letter = verb == "DATA" != heard.refuses
                self.wfile.write(_answer(heard, verb))

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as listener:
        thread = Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield heard
        finally:
            listener.shutdown()
            thread.join()


def _verb(line: bytes) -> str:
    return (
        line.split(None, 1)[0].decode(errors="replace").upper() if line.strip() else ""
    )


def _answer(heard: Heard, verb: str) -> bytes:
    if verb == heard.refuses:
        return heard.reply + b"\r\n"
    code = CODES.get(verb, 250)
    return b"%d-As\r\n%d you like\r\n" % (code, code)
