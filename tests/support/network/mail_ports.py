"""Fake mail ports that speak TLS as Postfix and Dovecot do, or wrongly."""

import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, repeat
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from tempfile import NamedTemporaryFile
from threading import Lock, Thread

from stack.certs import store
from stack.certs.bundle import Bundle
from stack.system.endpoints import SERVICES, Endpoint
from stack.system.project import Project

Shown = Callable[[], ssl.SSLContext]
Manner = Callable[[socket.socket], None]

# Seconds for which a client may be silent: a test that fails still ends.
TIMEOUT = 30


# --- What is shown --------------------------------------------------------------------


def always(*bundles: Bundle) -> Shown:
    """Serve *bundles*, one of each kind of key, whatever is in var/tls."""
    context = _context()
    for bundle in bundles:
        with NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(bundle.pem)
            file.flush()
            context.load_cert_chain(file.name)
    return lambda: context


def at_last(first: Shown, then: Shown, *, after: int) -> Shown:
    """Serve *first* to as many clients as *after*, and *then* the other."""
    lock, turns = Lock(), chain(repeat(first, after), repeat(then))

    def shown() -> ssl.SSLContext:
        with lock:
            return next(turns)()

    return shown


def as_configured(project: Project) -> Shown:
    """Serve what var/etc/postfix names at that time, read from var/tls."""

    def shown() -> ssl.SSLContext:
        default, by_name = configured(project)
        context = _loaded(project, default)
        others = {name: _loaded(project, by_name[name]) for name in by_name}

        def choose(encrypted: ssl.SSLSocket, name: str | None, _: object) -> None:
            parent = "." + (name or "").partition(".")[2]
            found = others.get(name or "") or others.get(parent)
            encrypted.context = found or context

        context.sni_callback = choose
        return context

    return shown


def as_stored(project: Project, name: str) -> Shown:
    """Serve the certificate *name* as it is in var/tls at that time."""
    return lambda: _loaded(project, store.load(project.tls)[name].files)


def configured(project: Project) -> tuple[list[str], dict[str, list[str]]]:
    """Return the files that Postfix serves: by default, and by name."""
    folder = project.etc / "postfix"
    parameter = re.search(
        r"^smtpd_tls_chain_files =((?:\n? +\S+)*)$",
        (folder / "main.cf").read_text(),
        re.MULTILINE,
    )
    assert parameter
    rows = (line.split() for line in (folder / "sni.texthash").read_text().splitlines())
    table = {row[0]: row[1:] for row in rows if row and row[0] != "#"}
    names = {name: [Path(each).name for each in row] for name, row in table.items()}
    return [Path(each).name for each in parameter[1].split()], names


def _loaded(project: Project, files: Iterable[str]) -> ssl.SSLContext:
    context = _context()
    for file in files:
        context.load_cert_chain(project.tls / file)
    return context


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


# --- How it is said -------------------------------------------------------------------


def speaks(port: int, shown: Shown, heard: list[bytes] | None = None) -> Manner:
    """Speak as the mail port *port*, serve *shown*, and add commands to *heard*."""
    heard = [] if heard is None else heard
    imap = port in (143, 993)
    greeting, leave = (b"* OK", b"* BYE") if imap else (b"220 ", b"221 ")
    before_tls = (
        [(b"", greeting), (b"a STARTTLS", b"a OK")]
        if imap
        else [
            (b"", greeting),
            (b"EHLO", b"250-mail.example.org\r\n250-SIZE 1000\r\n250 STARTTLS"),
            (b"STARTTLS", b"220 "),
        ]
    )

    def dialogue(plain: socket.socket) -> None:
        context, first = shown(), b""
        if port in (465, 993):
            first = greeting + b"\r\n"
        else:
            for words, answer in before_tls:
                if words and not _line(plain).startswith(words):
                    return
                plain.sendall(answer + b"\r\n")
        with context.wrap_socket(plain, server_side=True) as encrypted:
            encrypted.sendall(first)
            heard.append(_line(encrypted))
            encrypted.sendall(leave + b"\r\n")

    return dialogue


def says(*answers: bytes) -> Manner:
    """Say the first of *answers* at once, then one to each line, then hang up."""

    def dialogue(plain: socket.socket) -> None:
        for number, answer in enumerate(answers):
            if number:
                _line(plain)
            plain.sendall(answer)
        # What is not read yet would make the system reset the connection.
        plain.shutdown(socket.SHUT_WR)
        hangs(plain)

    return dialogue


def hangs(plain: socket.socket) -> None:
    """Send nothing until the client gives up."""
    while plain.recv(4096):
        pass


def _line(connection: socket.socket) -> bytes:
    # Byte by byte: what follows may be TLS.
    line = b""
    while not line.endswith(b"\n") and (byte := connection.recv(1)):
        line += byte
    return line


# --- Where ----------------------------------------------------------------------------


class _Server(ThreadingMixIn, TCPServer):
    def handle_error(self, *_: object) -> None:
        # Clients that don't like what they see hang up. What they saw is for the test.
        pass


@contextmanager
def serving(
    port: int, manner: Manner, address: str = "127.0.0.1"
) -> Iterator[Endpoint]:
    """Serve *manner* at *address* on a free port, which stands for *port*."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(TIMEOUT)
            manner(self.request)

    class Server(_Server):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

    with Server((address, 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Endpoint(port, address, server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def all_ports(shown: Shown, *addresses: str) -> Iterator[list[Endpoint]]:
    """Serve *shown* on every mail port at each of *addresses*."""
    with ExitStack() as opened:
        yield [
            opened.enter_context(serving(port, speaks(port, shown), address))
            for address in addresses or ("127.0.0.1",)
            for port in SERVICES
        ]


def closed(port: int) -> Endpoint:
    """Return an endpoint for *port* on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return Endpoint(port, "127.0.0.1", server.getsockname()[1])
