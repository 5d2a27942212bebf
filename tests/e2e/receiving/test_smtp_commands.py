"""Port 25 reveals no version and no user, and starts no queue run for strangers."""

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.server.project import ADDRESS

pytestmark = pytest.mark.core


@pytest.mark.parametrize(
    "command", ["HELP", "HELP VRFY", "NOOP", "EHLO mx.outside.test"]
)
def test_no_version_is_shown(spammer, command):
    """The greeting and every answer show our host name, and no program or version."""
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
def test_etrn_and_turn_are_refused(spammer, domain):
    """ETRN and TURN are refused, for our domains and for others (RFC 1985)."""
    with spammer.session() as session:
        offer = session.ehlo().keywords
        etrn, turn = session.say(f"ETRN {domain}"), session.say("TURN")

    assert "ETRN" not in offer
    assert (etrn.code, turn.code) == (459, 500)


def test_vrfy_answers_the_same_for_every_name(spammer, alice):
    """VRFY answers the same for every name, with and without a domain."""
    names = ("alice", "<alice@example.test>", "nobody", "postmaster", "")

    with spammer.session() as session:
        answers = {str(session.say(f"VRFY {name}".strip())) for name in names}

    assert len(answers) == 1
    assert answers.pop().startswith("50")


def test_mail_before_helo_is_refused(server):
    """MAIL before HELO or EHLO is refused (RFC 5321, 4.1.4)."""
    with Smtp(ADDRESS, server.port(25)) as session:
        early = session.say("MAIL FROM:<a@outside.test>")
        named = session.say("HELO mx.outside.test")
        late = session.say("MAIL FROM:<a@outside.test>")

    assert (early.code, named.code, late.code) == (503, 250, 250)


def test_recipients_over_a_thousand_get_452(spammer, alice):
    """
    At least 100 recipients are accepted (RFC 5321, 4.5.3.1.8), and the 1001st gets 452.
    """
    with spammer.session() as session:
        commands = ["MAIL FROM:<a@outside.test>"]
        commands += ["RCPT TO:<alice@example.test>"] * 1001
        session.write("".join(f"{command}\r\n" for command in commands).encode())
        codes = [session.reply().code for _ in commands]

    assert codes[:101] == [250] * 101
    assert codes[-1] == 452
