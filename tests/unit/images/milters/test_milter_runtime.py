"""What our milters share."""

import socket
import threading

from milter_runtime.listener import listener
from milter_runtime.log import printable
from milter_runtime.negotiation import negotiates


def test_a_line_of_the_log_is_one_line():
    """What strangers sent can neither end a line of the log nor move the cursor."""
    assert printable("a\r\n\x1b[1mb\udcff\xe9") == "a\\r\\n\\x1b[1mb\\udcff\\xe9"


def test_a_milter_answers_in_whole_packets_at_once():
    """What is accepted from a milter's socket doesn't wait for Postfix's ACK."""
    with listener("inet:0@127.0.0.1") as server:
        with socket.create_connection(server.getsockname()):
            accepted, _ = server.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def answered(answer: bytes) -> bool:
    """Ask somebody who answers the negotiation with *answer*."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(100)
            connection.sendall(answer)
            connection.recv(100)

    with listener("inet:0@localhost") as server:
        threading.Thread(target=serve, daemon=True).start()
        return negotiates(server.getsockname()[1], 5, "localhost")


def test_only_a_negotiating_peer_is_a_milter():
    """The answer to SMFIC_OPTNEG is one of the same kind; else it is no milter."""
    assert answered(b"\0\0\0\x0dO\0\0\0\6")
    assert not answered(b"220 mail.example.test ESMTP\r\n")
