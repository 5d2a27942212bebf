"""Mail that fails a DMARC policy of reject is refused, or deferred for now."""

from functools import partial

import pytest

from tests.support.dkim.authentication import PASSED, Case, deliver, named
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
def test_mail_that_fails_dmarc_reject_is_refused(send, case):
    """
    Mail that fails DMARC with p=reject is refused with 550, a reason and a remedy.
    """
    reply = send(case)

    assert (reply.code, str(reply).split()[1]) == (550, "5.7.1")
    assert "DMARC" in str(reply)
    authors = "big.test" if case.name == "second-author" else case.author
    assert f"send it through a server of {authors.split(',')[0]}" in str(reply)


@pytest.mark.core
def test_a_from_header_with_too_many_domains_is_refused(spammer, bob, subject):
    """A From: header with more domains than are looked up is refused."""
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
def test_a_temporary_failure_defers_mail_with_p_reject(send, case):
    """
    Mail whose DKIM key or DMARC policy can't be looked up just now is deferred with
    451.
    """
    reply = send(case)

    assert (reply.code, str(reply).split()[1]) == (451, "4.7.0")


@pytest.mark.core
def test_an_unverified_arc_seal_of_a_trusted_sealer_is_no_override(send):
    """A trusted sealer's ARC chain overrides DMARC only if it verifies."""
    reply = send(
        Case(
            "",
            author="big.test",
            sealers=(("sealer.test", PASSED),),
            change=(b"s=stranger", b"s=missing"),
        )
    )

    assert reply.code == 550
