"""With ARC_SEAL=yes, forwarded mail and no other gets an ARC seal of MAIL_DOMAIN."""

from collections.abc import Iterator

import pytest

from tests.support.configuration.sieve_scripts import script
from tests.support.configuration.templates import await_applied, settings
from tests.support.dkim.authentication import PASSED
from tests.support.dkim.seals import chain, keys
from tests.support.dkim.signatures import tag, verify_with_mail_dkim
from tests.support.faults.services import stopped
from tests.support.mail.message import letter
from tests.support.server.accounts import aliases, open_account
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE

AUTHOR = "someone@reject.dmarc.test"
DOMAIN = AUTHOR.partition("@")[2]

AWAY = "sealed@example.test"
MARKED = f"stranger@{OUTSIDE}.forwarded.invalid"

# What Postfix says while the signer does not answer.
SILENT = "[Mm]ilter service|host or service .* not found|451 4.7.1 Service unavailable"


@pytest.fixture(scope="module", autouse=True)
def sealing(server, stranger) -> Iterator[None]:
    """Have forwarded mail be sealed, and an alias that leads away."""
    project = server.project
    with (
        aliases(project, **{AWAY: stranger.address}),
        settings(project, ARC_SEAL="yes"),
    ):
        _apply(project)
        yield
    _apply(project)


def _apply(project) -> None:
    project.stack("init", "--yes")
    for service in ("dkim-sign", "postfix"):
        await_applied(project, service)


@pytest.fixture
def signed(stranger, subject) -> bytes:
    """Write a letter of AUTHOR, signed by his domain."""
    return stranger.sign(letter(AUTHOR, AWAY, subject), DOMAIN)


@pytest.mark.core
def test_forwarded_mail_gets_a_seal(server, world, spammer, stranger, signed, subject):
    """
    What an alias forwards has an ARC chain that verifies, with what we found about it.

    Two libraries say so, by the key in the DNS. The author's signature still verifies.
    """
    assert spammer.send(AWAY, signed, AUTHOR).code == 250
    received = stranger.receive(subject)
    published = keys(world, received)

    (seal,) = received.all("ARC-Seal")
    assert (tag("i", seal), tag("d", seal), tag("cv", seal)) == (
        "1",
        "example.test",
        "none",
    )
    (told,) = received.all("ARC-Authentication-Results")
    assert told.startswith("i=1; mail.example.test; spf=")
    assert f"dkim=pass header.d={DOMAIN}" in told
    assert f"dmarc=pass header.from={DOMAIN}" in told
    assert chain(received, published) == "pass"
    (said,) = verify_with_mail_dkim(server, received, published, "arc")
    assert said.startswith("pass (as.1.example.test=pass,")
    assert "dkim=pass" in " ".join(received.all("Authentication-Results"))
    assert len(received.all("DKIM-Signature")) == 1


@pytest.mark.core
@pytest.mark.parametrize(
    ("change", "found"), [(b"Until tomorrow", "pass"), (b"Until today", "fail")]
)
def test_a_chain_that_is_there_is_continued(
    server, world, spammer, stranger, subject, change, found
):
    """
    The chain of another forwarder is continued: passed, if it holds; else broken.

    A receiver believes the first one only.
    """
    written = letter(f"a@{OUTSIDE}", AWAY, subject)
    sealed = stranger.seal(written, "sealer.test", PASSED.format(domain=OUTSIDE))
    message = sealed.replace(b"Until tomorrow", change)
    assert spammer.send(AWAY, message, f"a@{OUTSIDE}").code == 250
    received = stranger.receive(subject)
    published = keys(world, received)

    seals = {tag("i", each): each for each in received.all("ARC-Seal")}
    assert sorted(seals) == ["1", "2"]
    assert (tag("d", seals["2"]), tag("cv", seals["2"])) == ("example.test", found)
    assert chain(received, published) == {"pass": "pass", "fail": "ended"}[found]
    (said,) = verify_with_mail_dkim(server, received, published, "arc")
    assert said.startswith(found)


def test_what_a_script_forwards_gets_a_seal(
    server, world, spammer, stranger, signed, subject
):
    """What a Sieve script forwards from another server is sealed as well."""
    user = open_account(server, f"s{subject.split()[-1]}@example.test")
    with script(user, f'redirect "{stranger.address}";'):
        assert spammer.send(user.address, signed, AUTHOR).code == 250
        received = stranger.receive(subject)

    (told,) = received.all("ARC-Authentication-Results")
    assert f"dmarc=pass header.from={DOMAIN}" in told
    assert chain(received, keys(world, received)) == "pass"


def test_other_mail_gets_no_seal(
    server, alice, bob, spammer, stranger, signed, subject
):
    """What users send, also through an alias, and what is delivered here, has none."""
    own, here = f"own {subject}", f"here {subject}"
    alice.send(AWAY, own)
    text = letter(f"a@{OUTSIDE}", bob.address, here)
    assert spammer.send(bob.address, text, f"a@{OUTSIDE}").code == 250

    for received in (stranger.receive(own), bob.receive(here)):
        assert received.all("ARC-Seal") == []


@pytest.mark.provokes("postfix", SILENT)
def test_while_the_signer_is_down_forwarded_mail_waits(
    server, world, spammer, stranger, signed, subject
):
    """While the signer is down, forwarded mail waits, and then leaves once, sealed."""
    project = server.project
    with stopped(project, "dkim-sign"):
        assert spammer.send(AWAY, signed, AUTHOR).code == 250
        wait_until(
            lambda: any(each.reason for each in waiting(project, MARKED)),
            f"mail to {MARKED} that waits",
        )
    project.wait_for("healthy", "postfix")
    flush(project)
    received = stranger.receive(subject)

    assert chain(received, keys(world, received)) == "pass"
    assert waiting(project, MARKED) == []
