"""
Mail that a Sieve script forwards to another server has a sender of ours (SRS) there.

Its bounces go to the first sender. Mail of our own users keeps its sender, and so does
mail that is forwarded to a mailbox here.
"""

import re

import pytest

from tests.support.configuration.sieve_scripts import script
from tests.support.faults.services import stopped
from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import letter, new_subject
from tests.support.mail.notifications import find_notice
from tests.support.mail.strict_receiver import strict_receiver
from tests.support.server.accounts import aliases, open_account
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE

# Its SPF record ends in -all and names nobody, its DMARC record says p=reject.
AUTHOR = "a@reject.dmarc.test"

AWAY = f"stranger@{OUTSIDE}"
MARKED = f"{AWAY}.forwarded.invalid"

# What Postfix says while the service `srs` does not answer.
SILENT = "srs/socket|sender_canonical_maps map lookup problem|queue file write error"


@pytest.fixture
def forwarder(server, subject) -> Mailbox:
    """Add a user whose script no other test changes."""
    return open_account(server, f"f{subject.split()[-1]}@example.test")


@pytest.fixture
def colleague(server, subject) -> Mailbox:
    """Add another such user, in another domain of ours."""
    return open_account(server, f"c{subject.split()[-1]}@second.test")


@pytest.mark.core
def test_redirected_mail_passes_spf_and_dmarc(
    server, forwarder, spammer, stranger, subject
):
    """
    Redirected mail passes at a server that refuses by SPF (-all) and DMARC (p=reject).

    SPF passes for our domain, DMARC by the author's own signature, which is untouched.
    """
    domain = AUTHOR.partition("@")[2]
    written = letter(AUTHOR, forwarder.address, subject)
    with (
        strict_receiver(server.project, letter(AUTHOR, AWAY, "forged"), AWAY),
        script(forwarder, f'redirect "{AWAY}";'),
    ):
        signed = stranger.sign(written, domain)
        assert spammer.send(forwarder.address, signed, AUTHOR).code == 250
        received = stranger.receive(subject)

    assert re.fullmatch(
        rf"SRS0=[A-Z2-7]{{8}}=[A-Z2-7]{{2}}={domain}=a@example\.test", received.sender
    )
    told = " ".join(received.all("Authentication-Results"))
    assert "spf=pass" in told
    assert f"dmarc=pass (p=reject dis=none) header.from={domain}" in told
    assert b"forwarded.invalid" not in received.raw
    assert received.all("ARC-Seal") == []


def test_the_copy_for_a_mailbox_here_keeps_its_sender(
    server, forwarder, bob, carol, spammer, stranger, subject
):
    """
    Of several redirects, only the copy that leaves gets another sender.

    Also when an alias leads away. With `:copy`, the user's own copy is unchanged, too.
    """
    commands = f'redirect :copy "{bob.address}"; redirect :copy "both@example.test";'
    with (
        aliases(server.project, **{"both@example.test": f"{carol.address} {AWAY}"}),
        script(forwarder, commands, "copy"),
    ):
        message = letter(f"a@{OUTSIDE}", forwarder.address, subject)
        assert spammer.send(forwarder.address, message, f"a@{OUTSIDE}").code == 250
        away = stranger.receive(subject)
        here = [each.receive(subject) for each in (forwarder, bob, carol)]

    assert re.fullmatch(rf"SRS0=\w+=\w+={OUTSIDE}=a@example\.test", away.sender)
    assert [each.sender for each in here] == [f"a@{OUTSIDE}"] * 3


@pytest.mark.core
def test_redirected_mail_of_our_users_keeps_its_sender(
    forwarder, colleague, stranger, subject
):
    """What a user has submitted keeps that user as its sender, and SPF passes."""
    with script(forwarder, f'redirect "{AWAY}";'):
        colleague.send(forwarder.address, subject)
        received = stranger.receive(subject)

    assert received.sender == colleague.address
    assert "spf=pass" in " ".join(received.all("Authentication-Results"))


@pytest.mark.parametrize("sender", [f"a@{OUTSIDE}", "bob@example.test"])
def test_mail_from_elsewhere_is_rewritten_whatever_its_sender_and_way(
    forwarder, colleague, spammer, stranger, subject, sender
):
    """
    Mail from outside is rewritten after two redirects, as is one with a sender of ours.

    It was not submitted here.
    """
    with (
        script(forwarder, f'redirect "{colleague.address}";'),
        script(colleague, f'redirect "{AWAY}";'),
    ):
        message = letter(f"a@{OUTSIDE}", forwarder.address, subject)
        assert spammer.send(forwarder.address, message, sender).code == 250
        received = stranger.receive(subject)

    name, domain = sender.split("@")
    assert re.fullmatch(
        rf"SRS0=\w+=\w+={re.escape(domain)}={name}@example\.test", received.sender
    )


@pytest.mark.core
def test_our_bounce_of_redirected_mail_goes_to_the_first_sender(
    forwarder, stranger, subject
):
    """
    When the next server refuses redirected mail, its first sender gets our bounce.

    The user who forwards gets none.
    """
    dead = f"nobody-{subject.split()[-1]}@{OUTSIDE}"
    with script(forwarder, f'redirect "{dead}";'):
        stranger.send(forwarder.address, subject)
        bounce = stranger.receive(subject)

    assert bounce.sender == ""
    assert f"Final-Recipient: rfc822; {dead}" in bounce.raw.decode()
    assert b"forwarded.invalid" not in bounce.raw
    assert find_notice(forwarder, subject) is None


@pytest.mark.core
def test_a_bounce_of_the_next_server_goes_to_the_first_sender(
    forwarder, alice, spammer, stranger, subject
):
    """
    A bounce to the sender of redirected mail reaches the first one, and no script.

    Also when that is a user of ours, whose address was the sender of mail from outside.
    """
    with script(forwarder, f'redirect "{AWAY}";'):
        message = letter(f"a@{OUTSIDE}", forwarder.address, subject)
        assert spammer.send(forwarder.address, message, alice.address).code == 250
        forwarded = stranger.receive(subject).sender

    assert forwarded.startswith("SRS0=")
    bounce = letter("mailer-daemon@pass.spf.test", AWAY, f"back {subject}")
    assert spammer.send(forwarded, bounce, sender="").code == 250
    assert alice.receive(f"back {subject}").sender == ""
    assert f"back {subject}" not in forwarder.subjects()


@pytest.mark.parametrize(
    "sender",
    [
        f"bounce-{'1234567890' * 6}=someone=example.test@{OUTSIDE}",
        f"Person+folder@{OUTSIDE}",
        f'"two words"@{OUTSIDE}',
        f"grüße@{OUTSIDE}",
    ],
)
def test_any_sender_of_redirected_mail_is_rewritten_and_found_again(
    server, forwarder, spammer, stranger, subject, sender
):
    """A sender that is long, quoted or beyond ASCII is rewritten and found again."""
    options = "" if sender.isascii() else " SMTPUTF8"
    text = letter(stranger.address, forwarder.address, subject)
    with script(forwarder, f'redirect "{AWAY}";'):
        reply = spammer.send(forwarder.address, text, sender, options=options)
        assert reply.code == 250, reply
        forwarded = stranger.receive(subject).sender

    bounce = letter("mailer-daemon@pass.spf.test", AWAY, f"again {subject}")
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
@pytest.mark.provokes("postfix", SILENT)
def test_while_the_rewriting_is_down_redirected_mail_waits(
    server, forwarder, spammer, alice, bob, stranger, subject
):
    """
    While the service `srs` is down, redirected mail waits, and is forwarded once.

    The copy for a mailbox here, and other mail, is not held up.
    """
    project = server.project
    commands = f'redirect "{AWAY}"; redirect "{bob.address}";'
    with script(forwarder, commands), stopped(project, "srs"):
        message = letter(f"a@{OUTSIDE}", forwarder.address, subject)
        assert spammer.send(forwarder.address, message, f"a@{OUTSIDE}").code == 250
        assert bob.receive(subject)
        meanwhile = new_subject()
        alice.send(AWAY, meanwhile)
        assert stranger.receive(meanwhile)
        wait_until(
            lambda: any(each.reason for each in waiting(project, MARKED)),
            f"mail to {MARKED} that waits",
        )
    flush(project)

    assert stranger.receive(subject).sender.startswith("SRS0=")
    assert waiting(project, MARKED) == []
    assert bob.subjects().count(subject) == 1
    assert subject not in forwarder.subjects()


def test_a_loop_with_another_server_ends_in_the_inbox(
    server, forwarder, spammer, stranger, subject
):
    """Redirected mail that another server forwards back is kept in the inbox, once."""
    project = server.project
    back = f"back-{subject.split()[-1]}@{OUTSIDE}"
    turn = f"virtual_alias_maps=inline:{{ {{{back} = {forwarder.address}}} }}"
    project.inside("outside", "postconf", turn)
    project.inside("outside", "postfix", "reload")
    try:
        with script(forwarder, f'redirect "{back}";'):
            stranger.send(forwarder.address, subject)
            kept = forwarder.receive(subject)
    finally:
        project.inside("outside", "postconf", "-X", "virtual_alias_maps")
        project.inside("outside", "postfix", "reload")

    assert kept.sender.startswith("SRS0=")
    assert forwarder.subjects().count(subject) == 1
    assert find_notice(forwarder, subject) is None
    for recipient in (back, f"{back}.forwarded.invalid"):
        assert waiting(project, recipient) == []
