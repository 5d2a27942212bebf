"""The control socket: what teaches is kept, what asks is passed on."""

import json
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from spam_milter.bayes import Bayes
from spam_milter.spamc.concurrency import BusyError, ConcurrencyLimit
from spam_milter.spamc.request import reply
from spam_milter.training.control_socket import Control, Server
from spam_milter.training.spool import Spool

from tests.support.images.fake_spamd import running
from tests.support.images.training_requests import CONFIG, LEARN, SPAM, request, tell

SET_OR_REMOVE = "TELL needs 'Set: local' or 'Remove: local'"


@pytest.fixture
def control(tmp_path) -> Control:
    """What answers, with nothing taught and no spamd."""
    spool, bayes = Spool(tmp_path / "learn"), Bayes(tmp_path / "bayes.db")
    spool.prepare()
    bayes.prepare()
    return Control(
        spool, bayes, str(tmp_path / "spamd"), lambda: CONFIG, ConcurrencyLimit()
    )


@pytest.fixture
def ask(control, tmp_path):
    """Send bytes to the socket and return the answer."""
    path = tmp_path / "control"
    server = Server(path, control)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    def send(data: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(path))
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(65536), b""))

    yield send
    server.shutdown()
    thread.join()
    server.server_close()


def test_training_request_is_on_disk_before_the_reply(ask, control):
    """It is the request that spamd will get, whole."""
    answer = ask(tell(*LEARN, "User: Alice@example.org"))

    (path,) = control.spool.waiting()
    assert answer.startswith(b"SPAMD/1.5 0 EX_OK\r\nDidSet: local\r\n")
    assert path.read_bytes() == (
        b"TELL SPAMC/1.5\r\nMessage-class: spam\r\nSet: local\r\n"
        b"User: Alice@example.org\r\nContent-length: 21\r\n\r\n" + SPAM
    )


def test_a_message_can_be_forgotten(ask, control):
    """Remove: local needs no class."""
    answer = ask(tell("Remove: local"))

    assert b"DidRemove: local" in answer
    assert len(control.spool.waiting()) == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (tell("Set: local"), "to learn needs 'Message-class: spam' or 'ham'"),
        (
            tell("Message-class: good", "Set: local"),
            "to learn needs 'Message-class: spam' or 'ham'",
        ),
        (tell("Message-class: spam"), SET_OR_REMOVE),
        (tell("Message-class: spam", "Set: local, remote"), SET_OR_REMOVE),
        (tell(*LEARN, "Remove: local"), SET_OR_REMOVE),
        (tell(*LEARN, "User: a b"), "User is no address"),
        (tell(*LEARN, f"User: {'a' * 201}"), "User is no address"),
        (tell(*LEARN, "Compress: zlib"), "messages are not taken compressed"),
        (tell(message=b""), "there is no message to learn"),
        (tell()[:-1], "the message is shorter than Content-length"),
        (tell().replace(b"length: 21", b"length: -1"), "Content-length must be at mo"),
        (
            tell().replace(b"length: 21", b"length: 999999999999"),
            "Content-length must be at most ",
        ),
        (tell().replace(b"local", b"local\x00"), "not a line of printable ASCII"),
        (tell().replace(b"local", b"local" * 1000), "not a line of printable ASCII"),
        (tell(*LEARN, *["X: y"] * 40), "not a header, or too many of them"),
        (tell(*LEARN, "X"), "not a header, or too many of them"),
        (request("QUIT"), "QUIT is not a command"),
        (b"GET / HTTP/1.1\r\n\r\n", "not a command of SPAMC/1.5"),
        (b"\r\n", "not a command of SPAMC/1.5"),
    ],
)
def test_invalid_training_request_is_refused(ask, control, wrong, reason):
    """With a reason, and nothing kept."""
    assert ask(wrong).startswith(f"SPAMD/1.5 76 Bad request: {reason}".encode())
    assert control.spool.waiting() == []


def test_full_spool_replies_tempfail(ask, control, capsys):
    """The client hears that its lesson was not taken, and so does the log."""
    control.spool.files = 0

    assert ask(tell()).startswith(b"SPAMD/1.5 75 EX_TEMPFAIL")
    assert "refused to learn as spam" in capsys.readouterr().out


def test_request_that_can_wait_is_deferred_at_half_the_room(ask, control, capsys):
    """It asks again and again: the log needs no line for each time."""
    control.spool.files = 4
    patient = tell(*LEARN, "Can-wait: yes")

    answers = [ask(patient) for _ in range(3)] + [ask(tell()) for _ in range(3)]

    assert [answer.split()[1] for answer in answers] == [
        *(b"0", b"0", b"75"),
        *(b"0", b"0", b"75"),
    ]
    assert capsys.readouterr().out.count("refused to learn") == 1


def test_full_disk_replies_ioerr(ask, control):
    """Nothing is promised that was not written."""
    control.spool.folder.rmdir()
    control.spool.folder.touch()

    assert ask(tell()).startswith(b"SPAMD/1.5 74 EX_IOERR")


def test_only_the_beginning_of_a_large_message_is_learnt(ask, control):
    """As much as is scanned, and no more is kept on disk."""
    answer = ask(tell(message=b"x" * 5000))

    (path,) = control.spool.waiting()
    assert b"DidSet: local" in answer
    assert path.read_bytes().endswith(b"\r\nContent-length: 1000\r\n\r\n" + b"x" * 1000)


def test_check_is_forwarded_to_spamd(ask, control):
    """With its headers, and in the name of the site; the answer comes back as it is."""
    with running(
        Path(control.spamd), lambda asked: reply("0 EX_OK", body=b"A,B")
    ) as spamd:
        answer = ask(request("SYMBOLS", "User: alice@example.org"))

    (asked,) = spamd.asked
    assert answer == reply("0 EX_OK", body=b"A,B")
    assert (asked.command, asked.message) == ("SYMBOLS", SPAM)
    assert asked.headers == {"user": "site"}


def test_forwarded_check_takes_a_slot(ask, control):
    """As a message does: neither is taken for a child that hangs, for want of one."""
    control.config = lambda: replace(CONFIG, queue_timeout=0.1)

    def answer(_) -> bytes:
        with pytest.raises(BusyError), control.concurrency.slot(0):
            pytest.fail("the question has it")
        return reply("0 EX_OK")

    with running(Path(control.spamd), answer) as spamd:
        free = ask(request("REPORT"))
        with control.concurrency.slot(0):
            busy = ask(request("REPORT"))

    assert free == reply("0 EX_OK")
    assert busy.startswith(b"SPAMD/1.5 75 EX_TEMPFAIL no child of spamd is free")
    assert len(spamd.asked) == 1


def test_ping_needs_no_slot(ask, control):
    """Health is told on a busy day, too."""
    with running(Path(control.spamd), lambda _: b"PONG"), control.concurrency.slot(0):
        assert ask(b"PING SPAMC/1.2\r\n") == b"PONG"


def test_a_ping_needs_no_headers(ask, control):
    """spamc -K speaks version 1.2."""
    with running(Path(control.spamd), lambda _: b"SPAMD/1.5 0 PONG\r\n"):
        assert ask(b"PING SPAMC/1.2\r\n") == b"SPAMD/1.5 0 PONG\r\n"


def test_check_without_spamd_replies_tempfail(ask):
    """And a lesson is taken all the same: it waits on disk."""
    assert ask(request("SYMBOLS")).startswith(b"SPAMD/1.5 75 EX_TEMPFAIL no spamd")
    assert ask(tell()).startswith(b"SPAMD/1.5 0 EX_OK")


def test_stats_report_training_and_spool(ask, control):
    """STATS is answered in JSON."""
    ask(tell())

    head, _, body = ask(b"STATS SPAMC/1.5\r\n\r\n").partition(b"\r\n\r\n")

    assert head.startswith(b"SPAMD/1.5 0 EX_OK")
    assert json.loads(body) == {
        "learning": "site",
        "enough": 200,
        "users": {},
        "spool": {
            "messages": 1,
            "bytes": control.spool.waiting()[0].stat().st_size,
        },
    }
