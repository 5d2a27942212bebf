"""SPF, DKIM, DMARC and ARC are checked, and the results stand in one header."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest

from tests.support.clients.dialogue import Reply, Smtp
from tests.support.faults.services import stopped
from tests.support.mail.mailbox import Received
from tests.support.mail.message import letter, new_subject
from tests.support.mail.outsiders import Stranger
from tests.support.server.project import ADDRESS
from tests.support.server.server import HOSTNAME, Server

PLAIN = "plain.dkim.test"
PASSED = "arc=none; dmarc=pass header.from={domain}"
SEALED = "arc=none; dmarc=fail header.from={domain}"


@dataclass(frozen=True)
class Case:
    """A message from a stranger, and what is found out about it."""

    name: str
    author: str = "nothing.spf.test"
    """The domain in From:."""

    sender: str | None = None
    """The domain in MAIL FROM: the author's unless said; empty for a bounce."""

    helo: str = "client.invalid"
    signers: tuple[str, ...] = ()
    sealers: tuple[tuple[str, str], ...] = ()
    """Who passed it on, one after the other, and what they said of it."""

    change: tuple[bytes, bytes] = (b"", b"")
    """What is replaced at the end, by what."""

    says: tuple[str, ...] = ()
    """What our header holds then."""


def spf(result: str, domain: str, **more: object) -> Case:
    """A message whose sender is of *domain*, for one result of SPF."""
    said = (f"; spf={result} (", f") smtp.mailfrom=someone@{domain}")
    return Case(f"spf-{result}-{domain}", sender=domain, says=said, **more)


CASES = [
    spf("pass", "pass.spf.test"),
    spf("fail", "fail.spf.test"),
    spf("softfail", "softfail.spf.test"),
    spf("neutral", "neutral.spf.test"),
    spf("none", "nothing.spf.test"),
    spf("temperror", "asks-silent.spf.test"),
    spf("permerror", "broken.spf.test"),
    spf("permerror", "endless.spf.test"),
    spf("permerror", "void.spf.test"),
    Case(
        "spf-pass-helo",
        sender="",
        helo="pass.spf.test",
        says=("spf=pass (", "smtp.helo=pass.spf.test"),
    ),
    Case(
        "spf-pass-beyond-ascii",
        sender="bücher.spf.test",
        says=("spf=pass (", "smtp.mailfrom=xn--bcher-kva.spf.test"),
    ),
    Case("spf-none-helo", sender="", says=("spf=none (",)),
    Case("dkim-none", says=("; dkim=none (no signature)",)),
    Case(
        "dkim-pass",
        author=PLAIN,
        signers=(PLAIN,),
        says=("; dkim=pass (2048-bit rsa key) header.d=plain.dkim.test",),
    ),
    Case(
        "dkim-fail-body",
        signers=(PLAIN,),
        change=(b"tomorrow", b"next year"),
        says=("; dkim=fail (the body was changed)",),
    ),
    Case(
        "dkim-fail-header",
        signers=(PLAIN,),
        change=(b"To: bob", b"To: Bob"),
        says=("; dkim=fail (headers were changed",),
    ),
    Case(
        "dkim-temperror", signers=("lame.test",), says=("; dkim=temperror (the name",)
    ),
    Case(
        "dkim-permerror-no-key",
        signers=("pass.spf.test",),
        says=("; dkim=permerror (no key at this name)",),
    ),
    Case(
        "dkim-permerror-revoked",
        signers=(PLAIN,),
        change=(b"s=stranger", b"s=revoked"),
        says=("; dkim=permerror (the key was revoked)",),
    ),
    Case(
        "dkim-permerror-hash",
        signers=("old-hash.dkim.test",),
        says=("; dkim=permerror (the key does not allow this hash algorithm)",),
    ),
    Case(
        "dkim-pass-limits",
        author="many.dkim.test",
        signers=("many.dkim.test",),
        says=("; dkim=pass (2048-bit rsa key)", "dis=none from=proven"),
    ),
    Case(
        "dkim-policy-sha1",
        signers=(PLAIN,),
        change=(b"a=rsa-sha256", b"a=rsa-sha1"),
        says=("; dkim=policy (rsa-sha1",),
    ),
    Case(
        "dkim-neutral",
        change=(b"From:", b"DKIM-Signature: nonsense\nFrom:"),
        says=("; dkim=neutral (malformed signature)",),
    ),
    Case(
        "dmarc-none",
        says=("dmarc=none (p=absent dis=none from=unproven) header.from=nothing.spf",),
    ),
    Case(
        "dmarc-none-but-proven",
        author=PLAIN,
        signers=(PLAIN,),
        says=(
            "dmarc=none (p=absent dis=none from=proven) header.from=plain.dkim.test",
        ),
    ),
    Case(
        "dmarc-none-but-proven-by-spf",
        author="pass.spf.test",
        says=("dmarc=none (p=absent dis=none from=proven) header.from=pass.spf.test",),
    ),
    Case(
        "dmarc-pass-by-spf",
        author="spf.dmarc.test",
        says=("spf=pass", "dkim=none", "dmarc=pass (p=reject dis=none from=proven)"),
    ),
    Case(
        "dmarc-pass-by-spf-relaxed",
        author="spf.dmarc.test",
        sender="sub.spf.dmarc.test",
        says=("spf=pass", "dkim=none", "dmarc=pass (p=reject dis=none from=proven)"),
    ),
    Case(
        "dmarc-pass-by-dkim",
        author="reject.dmarc.test",
        sender="pass.spf.test",
        signers=("reject.dmarc.test",),
        says=("dmarc=pass (p=reject dis=none from=proven)",),
    ),
    Case(
        "dmarc-pass-relaxed",
        author="reject.dmarc.test",
        signers=("sub.reject.dmarc.test",),
        says=("dmarc=pass (p=reject dis=none from=proven)",),
    ),
    Case(
        "dmarc-pass-strict",
        author="strict.dmarc.test",
        signers=("strict.dmarc.test",),
        says=("dmarc=pass (p=reject dis=none from=proven)",),
    ),
    Case(
        "dmarc-fail",
        author="none.dmarc.test",
        says=("dmarc=fail (p=none dis=none from=unproven)",),
    ),
    Case(
        "dmarc-fail-unaligned",
        author="none.dmarc.test",
        sender="pass.spf.test",
        signers=(PLAIN,),
        says=("spf=pass", "dkim=pass", "dmarc=fail (p=none dis=none from=unproven)"),
    ),
    Case(
        "dmarc-quarantine",
        author="quarantine.dmarc.test",
        says=("dmarc=fail (p=quarantine dis=quarantine from=unproven)",),
    ),
    Case(
        "dmarc-t-reject",
        author="trial.dmarc.test",
        says=("dmarc=fail (p=reject dis=quarantine from=unproven)",),
    ),
    Case(
        "dmarc-t-quarantine",
        author="trial-quarantine.dmarc.test",
        says=("dmarc=fail (p=quarantine dis=none from=unproven)",),
    ),
    Case(
        "dmarc-sp",
        author="www.subs.dmarc.test",
        says=("dmarc=fail (p=quarantine dis=quarantine from=unproven)",),
    ),
    Case(
        "dmarc-psd-pass",
        author="one.suffix.test",
        signers=("one.suffix.test",),
        says=("dmarc=pass (p=reject dis=none from=proven)",),
    ),
    Case(
        "dmarc-psd-n",
        author="dept.big.test",
        signers=("big.test",),
        says=("dmarc=fail (p=quarantine dis=quarantine from=unproven)",),
    ),
    Case(
        "dmarc-p-missing",
        author="reports.dmarc.test",
        says=("dmarc=fail (p=none dis=none from=unproven)",),
    ),
    Case(
        "dmarc-two-records",
        author="double.dmarc.test",
        says=("dmarc=none (p=absent dis=none from=unproven)",),
    ),
    Case(
        "dmarc-permerror",
        author="broken.dmarc.test",
        says=("dmarc=permerror (p=absent dis=none from=unproven)",),
    ),
    Case(
        "dmarc-temperror",
        author="lame.test",
        sender="pass.spf.test",
        says=("dmarc=temperror (p=absent dis=none from=unproven)",),
    ),
    Case(
        "dmarc-no-author",
        change=(b"From:", b"X-From:"),
        says=("dmarc=permerror (p=absent dis=none from=unproven)",),
    ),
    Case(
        "dmarc-exempt",
        author="reject.dmarc.test",
        sender="list.test",
        says=("dmarc=fail (p=reject dis=none from=unproven override=exempt)",),
    ),
    Case(
        "dmarc-arc",
        author="reject.dmarc.test",
        sealers=(("sealer.test", PASSED),),
        says=(
            "dmarc=fail (p=reject dis=none from=unproven override=arc)",
            "; arc=pass (1 sealed, the last by sealer.test)",
        ),
    ),
    Case("arc-none", says=("; arc=none (no chain)",)),
    Case(
        "arc-pass-two",
        sealers=(("stranger.arc.test", PASSED), ("sealer.test", "arc=pass")),
        says=("; arc=pass (2 sealed, the last by sealer.test)",),
    ),
    Case(
        "arc-fail",
        sealers=(("sealer.test", PASSED),),
        change=(b"tomorrow", b"next year"),
        says=("; arc=fail (changed since the last set was added)",),
    ),
    Case(
        "arc-fail-no-key",
        sealers=(("pass.spf.test", PASSED),),
        says=("; arc=fail (no key at this name)",),
    ),
    Case(
        "arc-fail-key-for-another-service",
        sealers=(("web.dkim.test", PASSED),),
        says=("; arc=fail (the key is for another service than mail)",),
    ),
    Case(
        "arc-fail-silence",
        sealers=(("lame.test", PASSED),),
        says=("; arc=fail (the name servers did not answer)",),
    ),
]

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


# What the spam filter calls it, and what it goes by.
RULES = {
    "SPF_PASS": "; spf=pass [^;]*smtp.mailfrom=",
    "SPF_FAIL": "; spf=fail [^;]*smtp.mailfrom=",
    "SPF_HELO_PASS": "; spf=pass [^;]*smtp.helo=",
    "DKIM_VALID": "; dkim=pass ",
    "DMARC_PASS": "; dmarc=pass ",
    "DMARC_FAIL": "; dmarc=fail ",
}


def _named(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.name) for case in cases]


def _deliver(server: Server, stranger: Stranger, to: str, subject: str, case: Case):
    """Hand the message of *case* to port 25, and return the last answer."""
    author = f"someone@{case.author}"
    message = letter(author, to, subject)
    for domain in case.signers:
        message = stranger.sign(message, domain)
    for domain, results in case.sealers:
        message = stranger.seal(message, domain, results.format(domain=case.author))
    if case.change[0]:
        message = message.replace(*case.change, 1)
    domain = case.author if case.sender is None else case.sender
    with Smtp(ADDRESS, server.port(25)) as session:
        session.say(f"EHLO {case.helo}")
        sender = f"someone@{domain}" if domain else ""
        options = "" if sender.isascii() else " SMTPUTF8"
        return session.deliver(message, sender, [to], options)


@pytest.fixture
def send(server, stranger, bob, subject):
    """A function that sends a case's message to bob, and returns the answer."""
    return partial(_deliver, server, stranger, bob.address, subject)


@dataclass(frozen=True)
class Judged:
    """What became of the message of a case."""

    reply: Reply
    folder: str
    received: Received | None
    """Nothing when it was not delivered."""


@pytest.fixture(scope="module")
def judged(server, stranger, bob) -> dict[str, Judged]:
    """Have the messages of all CASES sent side by side, and then read, by name."""
    subjects = {case.name: new_subject() for case in CASES}
    assert len(subjects) == len(CASES), "two cases have one name"
    with ThreadPoolExecutor(max_workers=4) as pool:
        sent = [
            pool.submit(
                _deliver, server, stranger, bob.address, subjects[case.name], case
            )
            for case in CASES
        ]
        replies = {
            case.name: each.result() for case, each in zip(CASES, sent, strict=True)
        }
    taken = [name for name, reply in replies.items() if reply.code == 250]
    found = bob.collect([subjects[name] for name in taken])
    return {
        name: Judged(reply, *found.get(subjects[name], ("", None)))
        for name, reply in replies.items()
    }


@pytest.mark.core
@pytest.mark.provokes("dkim-verify", "SPF Permanent Error")
# A signature that can't be judged has no result there.
@pytest.mark.provokes("spamassassin", r"uninitialized value .* /usr/.*/Plugin/DKIM\.pm")
@pytest.mark.parametrize("case", _named(CASES))
def test_each_verdict_is_told_in_one_header(judged, case):
    """SPF, DKIM, DMARC and ARC, each result of each, as the reader finds it."""
    found = judged[case.name]

    assert found.reply.code == 250, found.reply
    quarantined = any("dis=quarantine" in each for each in case.says)
    assert found.folder == ("Junk" if quarantined else "INBOX")
    (header,) = found.received.all("Authentication-Results")
    assert re.match(rf"{HOSTNAME}; spf=\S+ .*; dkim=\S+ .*; dmarc=.*; arc=", header)
    for words in case.says:
        assert words in header
    (status,) = found.received.all("X-Spam-Status")
    rules = {rule for rule in RULES if re.search(rf"\b{rule}\b", status)}
    assert rules == {rule for rule, said in RULES.items() if re.search(said, header)}


@pytest.mark.core
@pytest.mark.parametrize("case", _named(REFUSED))
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
    _named(
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


@pytest.mark.core
@pytest.mark.parametrize(
    "words", ["from=proven", "dis=none", "override=arc", "dmarc=pass"]
)
def test_a_stranger_cannot_put_our_words_there(spammer, bob, subject, words):
    """Neither an address, nor a name in HELO, nor a tag of a signature."""
    message = letter(f"{words}@quarantine.dmarc.test", bob.address, subject)
    fake = f"DKIM-Signature: v=1; a={words}; d={words}; i={words}@a.test; s={words}; b="

    reply = spammer.send(
        bob.address,
        f"{fake}{words[:8]}\n".encode() + message,
        f"{words}@pass.spf.test",
    )

    assert reply.code == 250
    (header,) = bob.receive(subject, folder="Junk").all("Authentication-Results")
    assert words not in header
    assert "dis=quarantine from=unproven" in header


def test_while_our_resolver_is_silent_mail_waits(server, spammer, bob, subject):
    """What can't be looked up by our own fault is nobody's verdict: 451 4.4.3."""
    message = letter("someone@reject.dmarc.test", bob.address, subject)

    with stopped(server.project, "resolver"):
        reply = spammer.send(bob.address, message, "")

    assert (reply.code, str(reply).split()[1]) == (451, "4.4.3")


@pytest.mark.core
def test_a_flood_of_sets_costs_nothing(spammer, bob, subject):
    """Thousands of sets of ARC are answered for good, and soon."""
    fake = "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=outside.test; s=x; b="
    flood = "".join(f"{fake}{'A' * 60}\n" for _ in range(3000))
    message = letter("a@outside.test", bob.address, subject)

    began = time.monotonic()
    reply = spammer.send(bob.address, flood.encode() + message)

    assert time.monotonic() - began < 10
    assert reply.code // 100 in (2, 5)
