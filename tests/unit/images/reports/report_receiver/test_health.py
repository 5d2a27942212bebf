"""The receiver is healthy if configuration, database and socket can be used."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from report_receiver.health import fault

CONFIGURATION = 'server = "mail.a.test"\nkeep_days = 400\ndomains = ["a.test"]\n'
WELL = (b"220 mail.a.test LMTP\r\n", b"250-mail.a.test\r\n250 HELP\r\n")


@pytest.fixture
def folder(tmp_path) -> Path:
    """The folder with the configuration; the database and the socket lie there, too."""
    (tmp_path / "reports.toml").write_text(CONFIGURATION)
    return tmp_path


@contextmanager
def answering(folder: Path, *replies: bytes) -> Iterator[list[bytes]]:
    """Answer one client on the socket with *replies*; yield what it will have said."""
    commands: list[bytes] = []

    def answer() -> None:
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            for reply in replies:
                client.sendall(reply)
                commands.append(lines.readline())

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "lmtp"))
        listener.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        yield commands
        thread.join()


def found(folder: Path) -> str:
    """Return what the check says of what lies in *folder*."""
    return fault(folder, folder / "reports.db", folder / "lmtp")


def test_a_receiver_that_answers_is_healthy(folder):
    """It is greeted as by Postfix, and left."""
    with answering(folder, *WELL) as commands:
        assert found(folder) == ""

    assert commands == [b"LHLO health\r\n", b"QUIT\r\n"]


def test_without_a_receiver_the_socket_is_named(folder):
    """As before its start."""
    assert found(folder).startswith(f"{folder / 'lmtp'}: ")


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ([], "''"),
        ([b"421 4.3.2 Not now\r\n"], "'421 4.3.2 Not now'"),
        ([WELL[0], b"500 5.5.1 What?\r\n"], "'500 5.5.1 What?'"),
    ],
)
def test_another_reply_than_that_of_a_server_is_told(folder, replies, told):
    """The last line that came, if one did."""
    with answering(folder, *replies):
        assert found(folder) == f"{folder / 'lmtp'}: {told}"


def test_a_damaged_database_is_a_fault(folder):
    """The check says which file, and what to do."""
    (folder / "reports.db").write_bytes(b"no database" * 100)

    assert "reports.db: file is not a database: see that" in found(folder)


def test_a_configuration_that_is_refused_is_a_fault(folder):
    """The receiver would use it with the next message."""
    (folder / "reports.toml").write_text("keep_days = 0\n")

    assert found(folder).startswith(str(folder / "reports.toml"))
