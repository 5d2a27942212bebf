"""Requests to the spam filter, and its answers."""

import pytest

from stack.services.spam import spamd
from stack.system.errors import StackError, UnableError
from tests.support.network.control_socket import answering, reply

# From SpamAssassin 4.0.1, shortened.
REPORT = """\
Spam detection software, running on the system "filter",
has identified this incoming email as possible spam.

Content preview:  I am the son of the late minister of finance

Content analysis details:   (6.0 points, 5.0 required)

 pts rule name              description
---- ---------------------- --------------------------------------------------
-0.0 NO_RELAYS              Informational: message was not relayed via SMTP
 1.0 XFER_LOTSA_MONEY       Transfer a lot of money
 3.0 ADVANCE_FEE_5_NEW_MONEY Advance Fee fraud and lots of money
 2.5 URIBL_BLOCKED          ADMINISTRATOR NOTICE: The query to URIBL was
                            blocked.
                            [URI: example.com]
-1.5 BAYES_00               BODY: Bayes spam probability is 0 to 1%
 100 GTUBE                  BODY: Generic Test for Unsolicited Bulk Email

"""


@pytest.fixture
def control(tmp_path, monkeypatch):
    """Where the control socket is looked for."""
    path = tmp_path / "control"
    monkeypatch.setattr(spamd, "CONTROL", path)
    return path


def test_learn_sends_the_message(control):
    """The request is TELL with kind, length and user; it can wait."""
    answer = reply("0 EX_OK", "DidSet: local")
    with answering(control, lambda _: answer) as asked:
        spamd.learn("ü\n".encode(), "spam", "alice@example.org")
        spamd.learn(b"x", "ham", None)
        spamd.forget(b"x", None)

    assert asked == [
        b"TELL SPAMC/1.5\r\nContent-length: 3\r\nMessage-class: spam\r\nSet: local\r\n"
        b"Can-wait: yes\r\nUser: alice@example.org\r\n\r\n\xc3\xbc\n",
        b"TELL SPAMC/1.5\r\nContent-length: 1\r\nMessage-class: ham\r\nSet: local\r\n"
        b"Can-wait: yes\r\n\r\nx",
        b"TELL SPAMC/1.5\r\nContent-length: 1\r\nRemove: local\r\n"
        b"Can-wait: yes\r\n\r\nx",
    ]


def test_a_report_is_read_test_by_test(control):
    """Long names, whole points and descriptions of several lines, too."""
    answer = reply("0 EX_OK", "Spam: True ; 6.0 / 5.0", body=REPORT)
    with answering(control, lambda _: answer) as asked:
        found = spamd.report(b"x", None)

    assert asked == [b"REPORT SPAMC/1.5\r\nContent-length: 1\r\n\r\nx"]
    assert found[:3] == (True, 6.0, 5.0)
    assert [(each.name, each.points) for each in found.tests] == [
        ("NO_RELAYS", 0.0),
        ("XFER_LOTSA_MONEY", 1.0),
        ("ADVANCE_FEE_5_NEW_MONEY", 3.0),
        ("URIBL_BLOCKED", 2.5),
        ("BAYES_00", -1.5),
        ("GTUBE", 100.0),
    ]
    assert found.tests[3].description == (
        "ADMINISTRATOR NOTICE: The query to URIBL was blocked. [URI: example.com]"
    )


def test_stats_are_returned(control):
    """As the filter has them."""
    with answering(control, lambda _: reply("0 EX_OK", body='{"a": {"b": 1}}')):
        assert spamd.stats() == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply("75 EX_TEMPFAIL"), "75 EX_TEMPFAIL to REPORT"),
        (b"", "answered nothing"),
        (b"220 mail.example.org ESMTP\r\n", "220 mail"),
        (reply("0 EX_OK"), "without a verdict"),
    ],
)
def test_invalid_answer_is_an_error(control, answer, words):
    """With what it said, and where to look."""
    with (
        answering(control, lambda _: answer),
        pytest.raises(StackError, match=words) as raised,
    ):
        spamd.report(b"x", None)

    assert "docker compose logs spamassassin" in str(raised.value)


def test_unreachable_filter_is_an_error(control):
    """With the command that starts it; nothing else depends on it."""
    with pytest.raises(UnableError, match="up --detach --wait spamassassin"):
        spamd.stats()
