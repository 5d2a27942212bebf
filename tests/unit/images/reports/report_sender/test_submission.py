"""How a message gets to Postfix: without a sender, and what its answers mean."""

import socket
from email.message import EmailMessage
from threading import Thread

import pytest
from report_sender.delivery.submission import RefusedError, submit


def _letter():
    letter = EmailMessage()
    letter["From"] = "postmaster@example.test"
    letter["To"] = "r@far.test"
    letter.set_content("text\n.\n")
    return letter


@pytest.fixture
def answering(tmp_path, monkeypatch):
    """Answer RCPT and the message's end with other words than yes."""
    monkeypatch.chdir(tmp_path)
    heard, threads, listening = [], [], socket.socket(socket.AF_UNIX)
    listening.bind("own")
    listening.listen()

    def serve(rcpt, end):
        connection, _ = listening.accept()
        with connection, connection.makefile("rw", newline="\r\n") as lines:
            told = {"RCPT": rcpt, "DATA": "354 go on", ".": end, "QUIT": "221 bye"}
            print("220 hello", file=lines, flush=True)
            in_text = False
            for line in iter(lines.readline, ""):
                heard.append(line.rstrip("\r\n"))
                word = heard[-1].partition(" ")[0].upper()
                if in_text and word != ".":
                    continue
                in_text = word == "DATA"
                print(told.get(word, "250 yes"), file=lines, flush=True)
                if word == "QUIT":
                    return

    def start(rcpt="250 yes", end="250 taken"):
        threads.append(Thread(target=serve, args=[rcpt, end]))
        threads[0].start()
        return heard

    yield start
    for each in threads:
        each.join(10)
    listening.close()


def test_a_report_has_no_sender_and_ends_at_its_own_end(answering, tmp_path):
    """No bounce answers it; a dot at the beginning of a line is text."""
    heard = answering()

    submit(_letter(), "r@far.test", tmp_path / "own")

    assert "mail FROM:<>" in "\n".join(heard).replace("MAIL", "mail")
    assert heard.count("..") == 1
    assert heard[0].startswith("ehlo ")


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"rcpt": "550 5.1.1 nobody"}, RefusedError),
        ({"rcpt": "451 4.3.0 later"}, OSError),
        ({"end": "554 5.7.1 no"}, RefusedError),
        ({"end": "451 4.7.1 the signer is away"}, OSError),
    ],
)
def test_what_is_refused_for_now_can_be_tried_again(
    answering, tmp_path, answers, fault
):
    """A 4xx is a fault of ours; a 5xx is an answer."""
    answering(**answers)

    with pytest.raises(fault, match=r"[45]5[014] [45]"):
        submit(_letter(), "r@far.test", tmp_path / "own")


def test_without_postfix_a_report_waits(tmp_path):
    """As long as its socket is not there."""
    with pytest.raises(OSError, match="No such file"):
        submit(_letter(), "r@far.test", tmp_path / "own")
