"""What Postfix is answered by a socketmap: server, and what a client can't do to it."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from socketmap_server.client import ask
from socketmap_server.listener import unix_listener
from socketmap_server.netstrings import netstring
from socketmap_server.reply import (
    MOST_OCTETS,
    Reply,
    found,
    not_found,
    permanent,
    temporary,
)
from socketmap_server.server import Answer, Limits, serve

from tests.support.wait import wait_until

SHORT = Limits(
    request=100, connections=5, at_once=2, answer=0.5, idle=0.5, transfer=0.3
)


async def table(map_name: str, key: str) -> Reply:
    """Answer as the key says."""
    if key == "hangs":
        await asyncio.Event().wait()
    if key == "breaks":
        raise RuntimeError("broken")
    return {
        "known": found(f"{map_name} has ä"),
        "later": temporary("name servers"),
        "never": permanent("not a key"),
        "two lines": found("a\nb"),
        "long": found("x" * MOST_OCTETS),
    }.get(key, not_found())


@contextmanager
def serving(path: Path, answer: Answer = table, limits: Limits = SHORT) -> Iterator:
    """Serve on *path* in a thread of its own."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(serve(unix_listener(path), answer, limits))

    def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


@pytest.fixture
def place(tmp_path) -> Iterator[Path]:
    """A socket on which the table is served."""
    with serving(tmp_path / "socket"):
        yield tmp_path / "socket"


def connected(path: Path) -> socket.socket:
    """Return a connection to *path*; it waits for ten seconds at most."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(10)
    client.connect(str(path))
    return client


def spoken(path: Path, *parts: bytes) -> bytes:
    """Send *parts*, then return all that comes until the server ends it."""
    with connected(path) as client:
        for part in parts:
            client.sendall(part)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(1000), b""))


@pytest.mark.parametrize(
    ("key", "reply"),
    [
        ("known", Reply("OK", "policies has ä")),
        ("unknown key", Reply("NOTFOUND", "")),
        ("later", Reply("TEMP", "name servers")),
        ("never", Reply("PERM", "not a key")),
        ("hangs", Reply("TIMEOUT", "no answer in 0.5 seconds")),
    ],
)
def test_a_question_gets_its_reply(place, key, reply):
    """Each result of a look-up has its status; who answers too late says so."""
    assert ask(place, "policies", key, 10) == reply


@pytest.mark.parametrize("key", ["breaks", "two lines", "long"])
def test_a_fault_of_ours_makes_mail_wait(place, key, caplog):
    """An exception, and a reply that Postfix could not read, are logged; mail waits."""
    reply = ask(place, "policies", key, 10)

    assert reply == Reply("TEMP", "internal error, see the log of this service")
    assert [each.levelno for each in caplog.records] == [logging.ERROR]


def test_a_connection_asks_many_questions(place):
    """Postfix keeps a connection open, and may send questions in one packet."""
    question = netstring(b"policies known")

    assert spoken(place, question + question[:3], question[3:]) == (
        netstring("OK policies has ä".encode()) * 2
    )


@pytest.mark.parametrize("request_", [b"policies", b"", b"policies \xff"])
def test_a_question_without_sense_is_refused(place, request_):
    """The connection goes on: the next question has its answer."""
    spoke = spoken(place, netstring(request_), netstring(b"policies unknown"))

    assert b":PERM a question is " in spoke
    assert spoke.endswith(netstring(b"NOTFOUND "))


@pytest.mark.parametrize(
    "octets",
    [
        b"101:",
        b"99999999999999999999999:",
        b"-1:,",
        b"a:b,",
        b":,",
        b"01:a,",
        b"16:policies unknown;",
        b"\n",
    ],
)
def test_what_is_no_netstring_ends_the_connection(place, octets, caplog):
    """Also one that is too long, before its content is read."""
    assert spoken(place, octets) == b""
    assert caplog.records


@pytest.mark.parametrize("begun", [b"", b"1", b"16:policies"])
def test_a_client_that_says_nothing_more_is_dropped(place, begun):
    """Before a question and in the midst of one."""
    with connected(place) as client:
        client.sendall(begun)
        assert client.recv(10) == b""


def test_a_client_that_does_not_read_is_dropped(tmp_path):
    """Its replies are not heaped up."""

    async def long(_map: str, _key: str) -> Reply:
        return found("x" * 90_000)

    with serving(tmp_path / "socket", long), connected(tmp_path / "socket") as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1000)
        questions = netstring(b"policies known") * 500_000
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            client.sendall(questions)


def test_too_many_connections_are_closed(place):
    """Those that are open go on, and when one ends there is room again."""
    others = [connected(place) for _ in range(SHORT.connections)]
    try:
        others[0].sendall(netstring(b"policies unknown"))
        assert others[0].recv(100) == netstring(b"NOTFOUND ")
        with connected(place) as one_more:
            assert one_more.recv(10) == b""
    finally:
        for each in others:
            each.close()
    question = netstring(b"policies unknown")
    wait_until(lambda: spoken_or_reset(place, question), "room for a connection")


def spoken_or_reset(path: Path, question: bytes) -> bytes:
    """Return the reply to *question*; nothing if the connection is closed at once."""
    try:
        return spoken(path, question)
    except (BrokenPipeError, ConnectionResetError):
        return b""


def test_more_questions_than_may_be_answered_at_once_wait(place):
    """They are answered in turn, or told that there was no time."""
    hanging = [connected(place) for _ in range(SHORT.at_once)]
    for each in hanging:
        each.sendall(netstring(b"policies hangs"))
        each.settimeout(10)

    assert ask(place, "policies", "unknown", 10).status in ("NOTFOUND", "TIMEOUT")
    for each in hanging:
        assert b"TIMEOUT" in each.recv(100)
        each.close()
    assert ask(place, "policies", "unknown", 10).status == "NOTFOUND"


def test_the_end_closes_connections(tmp_path):
    """A server that stops leaves no client waiting, also in the midst of an answer."""
    begun = threading.Event()

    async def slow(_map: str, _key: str) -> Reply:
        begun.set()
        return await table("", "hangs")

    with serving(tmp_path / "socket", slow, Limits()):
        client = connected(tmp_path / "socket")
        client.sendall(netstring(b"policies known"))
        assert begun.wait(10)
    with client:
        assert client.recv(10) == b""


def test_the_socket_takes_the_place_of_one_left_behind(tmp_path):
    """After a kill the old socket is still there, with nobody behind it."""
    path = tmp_path / "socket"
    unix_listener(path).close()

    with serving(path):
        assert ask(path, "policies", "unknown", 10).status == "NOTFOUND"
    assert path.stat().st_mode & 0o777 == 0o666
    assert [each.name for each in tmp_path.iterdir()] == ["socket"]


@pytest.mark.parametrize(
    "octets", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"3:OK ,", b"5:WELL ,"]
)
def test_what_is_no_socketmap_server_is_told(tmp_path, octets):
    """The health check takes no other answer."""
    with unix_listener(tmp_path / "socket") as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(octets)

        thread = threading.Thread(target=answer)
        thread.start()
        if octets == b"3:OK ,":
            assert ask(tmp_path / "socket", "policies", "x", 10) == Reply("OK", "")
        else:
            with pytest.raises(ValueError, match="not the answer of a socketmap"):
                ask(tmp_path / "socket", "policies", "x", 10)
        thread.join()
