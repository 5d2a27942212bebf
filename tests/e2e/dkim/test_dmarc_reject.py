"""Mail that the owner of its author's domain wants refused is refused, or waits."""

from functools import partial

import pytest

from tests.support.mail.authentication import PASSED, Case, deliver, named
from tests.support.mail.message import letter

SEALED = "arc=none; dmarc=fail header.from={domain}"


REFUSED = [
    Case("p-reject", author="reject.dmarc.test"),
    Case("strict", author="strict.dmarc.test", signers=("sub.strict.dmarc.test",)),
    Case("strict-spf", author="strict.dmarc.test", sender="sub.strict.dmarc.test"),
    Case("np", author="ghost.subs.dmarc.test", sender="pass.spf.test"),
    Case("psd", author="one.suffix.test", signers=("two.suffix.test",)),
    Case("other-service", author="web.dkim.test", signers=("web.dkim.test",)),
    Case("changed", author="big.test", signers=("big.test",), change=(b"To:", b"Cc:")),
    Case(
        "second-author",
        author="plain.dkim.test",
        signers=("plain.dkim.test",),
        change=(b"From:", b"From: x@big.test\nFrom:"),
    ),
    Case("blank", author="big.test", change=(b"someone@", b"someone @ ")),
    Case(
        "comment",
        author="big.test",
        sender="pass.spf.test",
        change=(b"someone@big.test", b'"x@pass.spf.test" <someone@(x)big.test>'),
    ),
    Case("forwarder-not-proven", author="big.test", helo="list.test"),
    Case(
        "stranger-seals",
        author="big.test",
        sealers=(("stranger.arc.test", PASSED),),
    ),
    Case(
        "stranger-sealed-before",
        author="big.test",
        sealers=(("stranger.arc.test", PASSED), ("sealer.test", "arc=pass")),
    ),
    Case(
        "sealer-saw-one-of-two",
        author="reject.dmarc.test, someone@big.test",
        sender="pass.spf.test",
        sealers=(("sealer.test", PASSED.format(domain="reject.dmarc.test")),),
    ),
    Case("sealer-saw-it-fail", author="big.test", sealers=(("sealer.test", SEALED),)),
    Case(
        "seal-broken",
        author="big.test",
        sealers=(("sealer.test", PASSED),),
        change=(b"tomorrow", b"next year"),
    ),
]


@pytest.fixture
def send(server, stranger, bob, subject):
    """A function that sends a case's message to bob, and returns the answer."""
    return partial(deliver, server, stranger, bob.address, subject)


@pytest.mark.core
@pytest.mark.parametrize("case", named(REFUSED))
def test_what_an_owner_wants_refused_is_refused(send, case):
    """The answer to the text is 550, and its sentence says why and what would help."""
    reply = send(case)

    assert (reply.code, str(reply).split()[1]) == (550, "5.7.1")
    assert "DMARC" in str(reply)
    authors = "big.test" if case.name == "second-author" else case.author
    assert f"send it through a server of {authors.split(',')[0]}" in str(reply)


@pytest.mark.core
def test_an_author_hidden_among_many_is_refused(spammer, bob, subject):
    """A From: with more domains than are looked at proves none of them."""
    many = ", ".join(f"a@d{n}.test" for n in range(6))
    message = letter("a@big.test", bob.address, subject)

    reply = spammer.send(
        bob.address, message.replace(b"From: a@big.test", f"From: {many}".encode())
    )

    assert reply.code == 550
    assert "From: does not say plainly whose message this is" in str(reply)


@pytest.mark.core
@pytest.mark.parametrize(
    "case",
    named(
        [
            Case("proof", author="big.test", signers=("lame.big.test",)),
            Case(
                "policy-of-one-of-two",
                author="lame.test, someone@plain.dkim.test",
                sender="plain.dkim.test",
            ),
        ]
    ),
)
def test_what_may_be_found_out_yet_makes_mail_wait(send, case):
    """The key of the owner's signature, or who is hidden beside a slow domain: 451."""
    reply = send(case)

    assert (reply.code, str(reply).split()[1]) == (451, "4.7.0")


@pytest.mark.core
def test_a_trusted_sealer_whose_key_cannot_be_found_is_not_believed(send):
    """An override needs a proven chain, not a name in a header."""
    reply = send(
        Case(
            "",
            author="big.test",
            sealers=(("sealer.test", PASSED),),
            change=(b"s=stranger", b"s=missing"),
        )
    )

    assert reply.code == 550
