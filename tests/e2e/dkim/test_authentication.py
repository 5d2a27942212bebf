"""The verdicts of SPF, DKIM, DMARC and ARC on mail that comes in."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.support.clients.dialogue import Reply
from tests.support.dkim.authentication import deliver, named
from tests.support.dkim.authentication_cases import CASES
from tests.support.faults.services import stopped
from tests.support.mail.mailbox import Received
from tests.support.mail.message import letter, new_subject
from tests.support.server.server import HOSTNAME

# SpamAssassin's rules, and the part of our header that each depends on.
RULES = {
    "SPF_PASS": "; spf=pass [^;]*smtp.mailfrom=",
    "SPF_FAIL": "; spf=fail [^;]*smtp.mailfrom=",
    "SPF_HELO_PASS": "; spf=pass [^;]*smtp.helo=",
    "DKIM_VALID": "; dkim=pass ",
    "DMARC_PASS": "; dmarc=pass ",
    "DMARC_FAIL": "; dmarc=fail ",
}


@dataclass(frozen=True)
class Judged:
    """What became of the message of a case."""

    reply: Reply
    folder: str
    received: Received | None
    """Nothing when it was not delivered."""


@pytest.fixture(scope="module")
def judged(server, stranger, bob) -> dict[str, Judged]:
    """
    Send the messages of all CASES side by side, and return what became of each, by
    name.
    """
    subjects = {case.name: new_subject() for case in CASES}
    assert len(subjects) == len(CASES), "two cases have one name"
    with ThreadPoolExecutor(max_workers=4) as pool:
        sent = [
            pool.submit(
                deliver, server, stranger, bob.address, subjects[case.name], case
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
@pytest.mark.parametrize("case", named(CASES))
def test_each_verdict_is_in_one_header(judged, case):
    """
    Each result of SPF, DKIM, DMARC and ARC is in one Authentication-Results header.

    SpamAssassin's rules agree with it.
    """
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
@pytest.mark.parametrize(
    "words", ["from=proven", "dis=none", "override=arc", "dmarc=pass"]
)
def test_sender_chosen_values_can_not_forge_a_verdict(spammer, bob, subject, words):
    """
    A sender can't write a verdict into our header by address, HELO or signature tag.
    """
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


@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_while_the_resolver_is_down_mail_is_deferred(server, spammer, bob, subject):
    """
    While our resolver is down, mail that needs a verdict is deferred with 451 4.4.3.
    """
    message = letter("someone@reject.dmarc.test", bob.address, subject)

    with stopped(server.project, "resolver"):
        reply = spammer.send(bob.address, message, "")

    assert (reply.code, str(reply).split()[1]) == (451, "4.4.3")


@pytest.mark.core
def test_thousands_of_arc_sets_are_answered_soon(spammer, bob, subject):
    """A message with thousands of ARC sets is answered within ten seconds, for good."""
    fake = "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=outside.test; s=x; b="
    flood = "".join(f"{fake}{'A' * 60}\n" for _ in range(3000))
    message = letter("a@outside.test", bob.address, subject)

    began = time.monotonic()
    reply = spammer.send(bob.address, flood.encode() + message)

    assert time.monotonic() - began < 10
    assert reply.code // 100 in (2, 5)
