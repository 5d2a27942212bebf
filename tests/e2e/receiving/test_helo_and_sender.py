"""Port 25 refuses names and senders that no real mail server uses, and no others."""

import pytest

from tests.support.clients.login import plain

pytestmark = pytest.mark.core

REAL_NAMES = [
    "mx.outside.test",
    "MX.OUTSIDE.TEST",
    "mx.outside.test.",
    "name-without-dns.invalid",
    "mail_1.outside.test",
    "10.0.0.1.outside.test",
    "3com.test",
    "xn--bcher-kva.test",
    "localhost.localdomain",
    "web.example.test",
    "[192.0.2.1]",
    "[IPv6:2001:db8::1]",
]
FALSE_NAMES = {
    "localhost": 504,
    "WIN-0815": 504,
    "192.0.2.1": 504,
    "[2001:db8::1]": 501,
    "[256.1.1.1]": 501,
    "[192.0.2.1": 501,
    "[name]": 501,
    "mx..outside.test": 501,
    "-mx.outside.test": 501,
    "mx outside.test": 501,
    "user@outside.test": 501,
    "bücher.test": 501,
    "*.outside.test": 501,
    f"{'m' * 64}.test": 501,
    "mail.example.test": 550,
    "Mail.Example.Test.": 550,
    "example.test": 550,
    "EXAMPLE.test.": 550,
    "[127.0.0.1]": 550,
    "[127.1.2.3]": 550,
    "[IPv6:::1]": 550,
}
REAL_SENDERS = [
    "",
    "a@outside.test",
    "A@OUTSIDE.TEST",
    "a@spam.test",
    "a@[192.0.2.1]",
    "a+detail=x.y@outside.test",
    "bounce+SRS0=Xy=1a=example.org=joe@outside.test",
    f"list-{'v' * 200}=example.test@outside.test",
    '"a b"@outside.test',
    '"a@b"@outside.test',
    "ünder@outside.test",
]
FALSE_SENDERS = {
    "nobody": (504, "5.5.2"),
    "nobody@localhost": (504, "5.5.2"),
    "a@gone.test": (550, "5.1.8"),
    "a@silent.test": (550, "5.7.27"),
    "a@lame.test": (450, "4.1.8"),
}


def answer(spammer, name: str = "mx.outside.test", sender: str = "a@outside.test"):
    """
    Return the answer to RCPT after this HELO name and sender: nothing is refused
    earlier.
    """
    with spammer.session() as session:
        session.say(f"EHLO {name}")
        session.say(f"MAIL FROM:<{sender}>")
        return session.say("RCPT TO:<alice@example.test>")


@pytest.mark.parametrize("name", REAL_NAMES)
def test_a_valid_helo_name_is_accepted(spammer, alice, name):
    """
    HELO names without DNS, address literals and hosts below our domains are accepted.
    """
    assert answer(spammer, name=name).code == 250


@pytest.mark.parametrize("name", FALSE_NAMES)
def test_an_invalid_helo_name_is_refused(spammer, alice, name):
    """A HELO name that is malformed, not qualified or our own is refused for good."""
    reply = answer(spammer, name=name)

    assert reply.code == FALSE_NAMES[name]
    assert "Helo command rejected" in str(reply)


@pytest.mark.parametrize("sender", REAL_SENDERS, ids=lambda sender: sender[:30] or "<>")
def test_a_valid_sender_is_accepted(spammer, alice, sender):
    """
    Null senders, long list senders, quoted ones and domains without MX are accepted.
    """
    assert answer(spammer, sender=sender).code == 250


@pytest.mark.parametrize("sender", FALSE_SENDERS)
def test_a_sender_that_can_not_be_answered_is_refused(spammer, alice, sender):
    """
    A sender whose domain does not exist or takes no mail is refused.

    With 550, or with 450 if the domain's name server has failed.
    """
    reply = answer(spammer, sender=sender)

    assert (reply.code, str(reply).split()[1]) == FALSE_SENDERS[sender]
    assert "Sender address rejected" in str(reply)


def test_a_null_sender_with_several_recipients_is_refused(spammer, alice, bob):
    """A message with the null sender and several recipients is refused at DATA."""
    with spammer.session() as session:
        session.say("MAIL FROM:<>")
        taken = [session.say(f"RCPT TO:<{to.address}>").code for to in (alice, bob)]
        reply = session.say("DATA")

    assert taken == [250, 250]
    assert reply.code == 550


@pytest.mark.parametrize("port", [587, 465])
@pytest.mark.parametrize("name", ["laptop", "[192.168.1.5]", "[127.0.0.1]", "a_b c"])
def test_a_submission_client_may_use_any_helo_name(server, alice, port, name):
    """A mail program may say any HELO name after a login, as most know no other."""
    with server.connect(port, server.trust) as session:
        session.say(f"EHLO {name}")
        session.say(f"AUTH PLAIN {plain(alice.address, alice.password)}")
        session.say(f"MAIL FROM:<{alice.address}>")

        assert session.say(f"RCPT TO:<{alice.address}>").code == 250
