"""
Mail that an alias passes on survives SPF and DMARC there, and its bounces come back.

Its copy to another server gets a sender of ours (SRS), which takes bounces only and
expires. Mail of our own users keeps its sender, and what is marked as spam is refused.
"""

import re
from collections.abc import Iterator

import pytest

from tests.support.configuration.sieve_scripts import script
from tests.support.dkim.signatures import records_to_publish, signatures
from tests.support.mail.message import PUSHY, letter
from tests.support.mail.return_addresses import return_address
from tests.support.mail.strict_receiver import strict_receiver
from tests.support.server.accounts import aliases, open_account
from tests.support.server.queue import waiting
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE

# Its SPF record ends in -all and names nobody, its DMARC record says p=reject.
AUTHOR = "a@reject.dmarc.test"

AWAY = "away-from-here@example.test"
BOTH = "here-and-away@example.test"
DEAD = "dead-end@example.test"
LOOP = "round-and-round@example.test"


@pytest.fixture(scope="module", autouse=True)
def forwarding(server, alice, bob, stranger) -> Iterator[None]:
    """Have aliases that lead away; where they lead to, forgeries are refused."""
    forged = letter(AUTHOR, stranger.address, "forged")
    with (
        aliases(
            server.project,
            **{
                AWAY: stranger.address,
                BOTH: f"{bob.address} {stranger.address}",
                DEAD: f"nobody-there@{OUTSIDE}",
                LOOP: f"loop@{OUTSIDE}",
            },
        ),
        strict_receiver(server.project, forged, stranger.address),
    ):
        yield


@pytest.fixture
def signed(stranger, subject) -> bytes:
    """Write a letter of AUTHOR, signed by his domain."""
    return stranger.sign(letter(AUTHOR, AWAY, subject), AUTHOR.partition("@")[2])


@pytest.mark.core
def test_forwarded_mail_passes_spf_and_dmarc(
    server, world, spammer, stranger, signed, subject
):
    """
    Forwarded mail passes at a server that refuses by SPF (-all) and DMARC (p=reject).

    SPF passes for our domain, DMARC by the author's own signature, which is untouched.
    """
    assert spammer.send(AWAY, signed, AUTHOR).code == 250
    received = stranger.receive(subject)

    name, domain = AUTHOR.split("@")
    assert re.fullmatch(
        rf"SRS0=[A-Z2-7]{{8}}=[A-Z2-7]{{2}}={domain}={name}@example\.test",
        received.sender,
    )
    assert len(received.all("DKIM-Signature")) == 1
    told = " ".join(received.all("Authentication-Results"))
    assert "dkim=pass" in told
    assert "spf=pass" in told
    assert f"dmarc=pass (p=reject dis=none) header.from={domain}" in told
    assert b"forwarded.invalid" not in received.raw
    assert received.all("ARC-Seal") == []
    assert received.all("X-Leads-Out") == []


@pytest.mark.core
def test_the_local_copy_keeps_its_sender(spammer, bob, stranger, signed, subject):
    """A copy of the same message for a mailbox here keeps its true sender."""
    assert spammer.send(BOTH, signed, AUTHOR).code == 250
    away, here = stranger.receive(subject), bob.receive(subject)

    assert away.sender.startswith("SRS0=")
    assert here.sender == AUTHOR
    assert here.all("X-Leads-Out") == []
    assert bob.subjects().count(subject) == 1


@pytest.mark.core
def test_mail_of_our_users_is_not_rewritten(alice, stranger, subject):
    """What a user sends to an alias keeps the user as its sender."""
    alice.send(AWAY, subject)

    assert stranger.receive(subject).sender == alice.address


@pytest.mark.core
def test_our_own_bounce_goes_to_the_first_sender(server, stranger, subject):
    """When the next server refuses forwarded mail, its first sender gets our bounce."""
    stranger.send(DEAD, subject)
    bounce = stranger.receive(subject)

    assert bounce.sender == ""
    assert "MAILER-DAEMON@example.test" in bounce.message["From"]
    assert f"Final-Recipient: rfc822; nobody-there@{OUTSIDE}" in bounce.raw.decode()
    assert b"forwarded.invalid" not in bounce.raw
    # Two of the four are over what the text would be for a server without 8BITMIME.
    found = signatures(bounce, records_to_publish(server))
    assert [each.domain for each in found if each.valid] == ["example.test"] * 2


@pytest.mark.core
@pytest.mark.parametrize("form", [str, str.lower])
def test_a_bounce_of_another_server_goes_to_the_first_sender(
    server, spammer, stranger, subject, form
):
    """
    A bounce to the rewritten sender reaches the first one, without a sender of its own.

    Also from a server that writes local parts in lower case.
    """
    address = form(return_address(server, stranger.address))
    bounce = letter("mailer-daemon@pass.spf.test", address, subject)

    assert spammer.send(address, bounce, sender="").code == 250
    assert stranger.receive(subject).sender == ""


@pytest.mark.parametrize(
    "sender",
    [
        f"bounce-{'1234567890' * 6}=someone=example.test@{OUTSIDE}",
        f"Person+folder@{OUTSIDE}",
        f'"two words"@{OUTSIDE}',
        f"grüße@{OUTSIDE}",
    ],
)
def test_any_sender_is_rewritten_and_found_again(
    server, spammer, stranger, subject, sender
):
    """A sender that is long, quoted or beyond ASCII is rewritten and found again."""
    options = "" if sender.isascii() else " SMTPUTF8"
    text = letter(stranger.address, AWAY, subject)
    assert spammer.send(AWAY, text, sender, options=options).code == 250
    forwarded = stranger.receive(subject).sender

    again = f"again {subject}"
    bounce = letter("mailer-daemon@pass.spf.test", stranger.address, again)
    with spammer.session() as session:
        reply = session.deliver(bounce, "", [forwarded], options)

    assert reply.code == 250, reply
    name = sender.rpartition("@")[0]
    assert f"={OUTSIDE}={name.strip(chr(34))}" in forwarded
    wait_until(
        lambda: f"to=<{sender}>" in server.project.said("postfix", 0),
        f"mail to {sender}",
    )


@pytest.mark.core
def test_a_forged_expired_or_foreign_return_address_is_refused(server, spammer):
    """A forged, expired or foreign return address is refused (550)."""
    good = return_address(server, f"a@{OUTSIDE}")

    def answer(address: str, sender: str = "") -> str:
        with spammer.session() as session:
            session.say(f"MAIL FROM:<{sender}>")
            return str(session.say(f"RCPT TO:<{address}>"))

    assert answer(good).startswith("250")
    assert "550 5.1.1" in answer(good.replace(OUTSIDE, "victim.test"))
    assert "not made here" in answer(f"SRS0=AAAAAAAA=AA={OUTSIDE}=a@example.test")
    assert "not made here" in answer(f"SRS1=AAAAAAAA={OUTSIDE}==x=y=z=a@example.test")
    assert "not made here" in answer(
        good.replace("@example.test", "@mail.example.test")
    )
    assert answer(return_address(server, f"a@{OUTSIDE}", days=21)).startswith("250")
    assert "has expired" in answer(return_address(server, f"a@{OUTSIDE}", days=22))
    assert "550 5.7.1" in answer(good, f"a@{OUTSIDE}")
    assert "takes bounces only" in answer(good, f"a@{OUTSIDE}")


def test_a_forged_return_address_does_not_reach_a_catch_all(server, spammer, carol):
    """Not even where a catch-all takes every other address."""
    forged = f"SRS0=AAAAAAAA=AA={OUTSIDE}=a@second.test"
    with (
        aliases(server.project, **{"@second.test": carol.address}),
        spammer.session() as session,
    ):
        session.say("MAIL FROM:<>")
        assert session.say("RCPT TO:<anybody@second.test>").code == 250
        assert session.say(f"RCPT TO:<{forged}>").code == 550


@pytest.mark.core
def test_a_sender_of_ours_from_elsewhere_is_rewritten_too(
    spammer, alice, stranger, subject
):
    """
    Mail from outside with a sender of ours is forwarded with a rewritten one as well.

    It was not submitted here. A bounce still reaches the user whose address it is.
    """
    message = letter(f"someone@{OUTSIDE}", AWAY, subject)
    assert spammer.send(AWAY, message, alice.address).code == 250
    forwarded = stranger.receive(subject).sender

    assert re.fullmatch(r"SRS0=\w+=\w+=example\.test=alice@example\.test", forwarded)
    bounce = letter("mailer-daemon@pass.spf.test", alice.address, f"back {subject}")
    assert spammer.send(forwarded, bounce, sender="").code == 250
    assert alice.receive(f"back {subject}")


def test_a_bounce_through_an_alias_keeps_its_null_sender(spammer, stranger, subject):
    """A bounce that an alias passes on keeps the null sender."""
    bounce = letter("mailer-daemon@pass.spf.test", AWAY, subject)
    assert spammer.send(AWAY, bounce, sender="").code == 250

    assert stranger.receive(subject).sender == ""


@pytest.mark.core
@pytest.mark.parametrize("to", [[AWAY], [BOTH], ["bob@example.test", AWAY]])
def test_mail_that_is_marked_as_spam_is_refused_instead_of_forwarded(
    spammer, bob, stranger, subject, to
):
    """
    Mail that is marked as spam is refused (550) if an alias would pass it on.

    Its sender learns of it. To a mailbox here alone, it goes into Junk.
    """
    spam = letter(f"a@{OUTSIDE}", to[0], subject, PUSHY)
    with spammer.session() as session:
        reply = session.deliver(spam, "spammer@spam.test", to)
    assert reply.code == 550
    assert "what may be spam is not forwarded" in str(reply)

    assert spammer.send(bob.address, spam).code == 250
    assert bob.receive(subject, folder="Junk").all("X-Leads-Out") == []
    assert subject not in bob.subjects()


def test_marked_mail_that_a_script_would_forward_stays_in_the_inbox(
    server, spammer, subject
):
    """Marked mail below a user's own threshold is read, but no script passes it on."""
    user = open_account(server, f"t{subject.split()[-1]}@example.test")
    server.project.stack("spam", "threshold", user.address, "30")
    with script(user, f'redirect "stranger@{OUTSIDE}";'):
        spam = letter(f"a@{OUTSIDE}", user.address, subject, PUSHY)
        assert spammer.send(user.address, spam).code == 250
        kept = user.receive(subject)

    assert "550 5.7.1 It was marked as spam" in kept.all("X-Sieve-Not-Forwarded")[0]


@pytest.mark.provokes("postfix", "hopcount exceeded")
def test_a_forwarding_loop_ends(server, stranger, subject):
    """A loop of two servers that forward to each other ends; the sender is told."""
    project = server.project
    turn = f"virtual_alias_maps=inline:{{ {{loop@{OUTSIDE} = {LOOP}}} }}"
    project.inside("outside", "postconf", turn)
    project.inside("outside", "postfix", "reload")
    try:
        stranger.send(LOOP, subject)
        bounce = stranger.receive(subject, within=300)
    finally:
        project.inside("outside", "postconf", "-X", "virtual_alias_maps")
        project.inside("outside", "postfix", "reload")

    assert "too many hops" in bounce.raw.decode()
    assert bounce.sender == ""
    for recipient in (f"loop@{OUTSIDE}", f"loop@{OUTSIDE}.forwarded.invalid"):
        assert waiting(project, recipient) == []
