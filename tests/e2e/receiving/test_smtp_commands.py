"""Port 25 reveals no version and no user, and starts no queue run for strangers."""

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.server.project import ADDRESS

pytestmark = pytest.mark.core


@pytest.mark.parametrize(
    "command", ["HELP", "HELP VRFY", "NOOP", "EHLO mx.outside.test"]
)
def test_no_version_is_told(spammer, command):
    """The greeting and every answer name our host and no program or version."""
    with spammer.session() as session:
        reply = session.say(command)
        answers = f"{session.greeting}\n{reply}"

    assert reply.code
    # A client that is new is greeted by a first line at once, and the last one later.
    assert session.greeting.lines[-1] == "220 mail.example.test ESMTP"
    assert set(session.greeting.lines[:-1]) <= {"220-mail.example.test ESMTP"}
    assert "postfix" not in answers.lower()
    assert "3.1" not in answers


@pytest.mark.parametrize("domain", ["example.test", "gone.test"])
@pytest.mark.provokes("postfix", r"reject: ETRN (example|gone)\.test\.\.\. from")
def test_nobody_starts_our_queue(spammer, domain):
    """ETRN and TURN are refused, for a domain of ours as for any other (RFC 1985)."""
    with spammer.session() as session:
        offer = session.ehlo().keywords
        etrn, turn = session.say(f"ETRN {domain}"), session.say("TURN")

    assert "ETRN" not in offer
    assert (etrn.code, turn.code) == (459, 500)


def test_a_user_is_not_confirmed_by_a_bare_name(spammer, alice):
    """VRFY says the same about every name, with and without a domain."""
    names = ("alice", "<alice@example.test>", "nobody", "postmaster", "")

    with spammer.session() as session:
        answers = {str(session.say(f"VRFY {name}".strip())) for name in names}

    assert len(answers) == 1
    assert answers.pop().startswith("50")


def test_mail_before_a_name_is_refused(server):
    """Who hasn't said EHLO may not send (RFC 5321, 4.1.4)."""
    with Smtp(ADDRESS, server.port(25)) as session:
        early = session.say("MAIL FROM:<a@outside.test>")
        named = session.say("HELO mx.outside.test")
        late = session.say("MAIL FROM:<a@outside.test>")

    assert (early.code, named.code, late.code) == (503, 250, 250)


def test_a_hundred_recipients_are_taken_and_a_thousand_and_one_are_not(spammer, alice):
    """A message has room for 100 recipients (RFC 5321, 4.5.3.1.8), and an end."""
    with spammer.session() as session:
        commands = ["MAIL FROM:<a@outside.test>"]
        commands += ["RCPT TO:<alice@example.test>"] * 1001
        session.write("".join(f"{command}\r\n" for command in commands).encode())
        codes = [session.reply().code for _ in commands]

    assert codes[:101] == [250] * 101
    assert codes[-1] == 452
