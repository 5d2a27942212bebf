"""What is done with a message whose author's domain is not proven."""

import pytest
from mail_auth.verifying.arc import Chain, Sealed
from mail_auth.verifying.dmarc.enforcement import Enforcement
from mail_auth.verifying.dmarc.evaluation import Evaluation, Identifier

NO_CHAIN = Chain("none", "no chain")

_FORGED = Evaluation("bank.test", "fail", "reject", "reject")
_DOUBTFUL = Evaluation("bank.test", "fail", "quarantine", "quarantine")
_PROVEN = Evaluation("bank.test", "pass", "reject", proven=True)
_BARE = Evaluation("bank.test", "none", "absent", proven=True)
_HIDDEN = Evaluation("", "permerror", "absent", "reject")
_UNKNOWN = Evaluation("bank.test", "temperror", "reject", "reject")


@pytest.mark.parametrize(
    ("mode", "evaluation", "disposition", "reply"),
    [
        ("refuse", _FORGED, "reject", "550 5.7.1"),
        ("refuse", _DOUBTFUL, "quarantine", None),
        ("refuse", _UNKNOWN, "reject", "451 4.7.0"),
        ("mark", _FORGED, "quarantine", None),
        ("mark", _UNKNOWN, "quarantine", None),
        ("off", _FORGED, "none", None),
        ("off", _DOUBTFUL, "none", None),
        ("refuse", Evaluation("a.test", "temperror", "absent"), "none", None),
        (
            "refuse",
            Evaluation("a.test", "temperror", "absent", "reject"),
            "reject",
            "451 4.7.0",
        ),
        ("refuse", _HIDDEN, "reject", "550 5.7.1"),
    ],
)
def test_dmarc_policy_setting_decides_the_disposition(
    mode, evaluation, disposition, reply
):
    """DMARC_POLICY: refuse does as the owner says, mark refuses nothing, off tells."""
    enforcement = Enforcement(mode)

    verdict = enforcement.decide([evaluation], [], NO_CHAIN)
    refusal = enforcement.refusal(verdict, NO_CHAIN)

    assert verdict.disposition == disposition
    assert (f"{refusal.code} {refusal.enhanced}" if refusal else None) == reply


def test_refusal_names_the_domain_whose_policy_it_is():
    """A person who reads the bounce learns which domain, and what would help."""
    enforcement = Enforcement("refuse")
    verdict = enforcement.decide([_FORGED], [], NO_CHAIN)

    sentence = enforcement.refusal(verdict, NO_CHAIN).sentence

    assert "bank.test" in sentence
    assert "DMARC" in sentence
    assert "send it through" in sentence


@pytest.mark.parametrize(
    ("identifier", "override"),
    [
        ("spf list.test pass", "exempt"),
        ("dkim list.test pass", "exempt"),
        ("dkim a.list.test pass", "exempt"),
        ("dkim list.test fail", ""),
        ("dkim blacklist.test pass", ""),
        ("dkim test pass", ""),
    ],
)
def test_trusted_forwarder_must_pass_spf_or_dkim(identifier, override):
    """What SPF or DKIM proves to come from it is taken; its name alone is nothing."""
    enforcement = Enforcement("refuse", frozenset({"list.test"}))

    verdict = enforcement.decide([_FORGED], [Identifier(*identifier.split())], NO_CHAIN)

    assert verdict.override == override
    assert bool(enforcement.refusal(verdict, NO_CHAIN)) == (not override)


_PASSED = " mx.a.test; spf=fail; dmarc=pass (p=reject dis=none) header.from=Bank.Test;"
_FAILED = " mx.a.test; dmarc=fail header.from=bank.test"
_QUOTED = (
    " mx.a.test; dmarc=fail (; dmarc=pass header.from=bank.test) header.from=x.test"
)


@pytest.mark.parametrize(
    ("sets", "override"),
    [
        ([("a.test", _PASSED)], "arc"),
        ([("a.test", _FAILED)], ""),
        ([("a.test", _QUOTED)], ""),
        ([("a.test", "nonsense")], ""),
        ([("a.test", " mx.a.test; none")], ""),
        ([("a.test", f"{_FAILED}; none")], ""),
        ([("a.test", f"{_PASSED} none")], "arc"),
        ([("evil.test", _PASSED)], ""),
        ([("a.test", _FAILED), ("b.test", _PASSED)], "arc"),
        ([("a.test", _FAILED), ("evil.test", _PASSED)], ""),
        ([("a.test", _FAILED), ("evil.test", _FAILED), ("b.test", _PASSED)], ""),
        ([("evil.test", _FAILED), ("a.test", _PASSED)], ""),
        ([("a.test", _PASSED), ("evil.test", _FAILED)], "arc"),
    ],
)
def test_arc_override_needs_an_unbroken_line_of_trusted_sealers(sets, override):
    """From the newest set to the one that saw DMARC pass, nobody may be a stranger."""
    chain = Chain("pass", "sealed", tuple(Sealed(*each) for each in sets))
    enforcement = Enforcement("refuse", sealers=frozenset({"a.test", "b.test"}))

    assert enforcement.decide([_FORGED], [], chain).override == override


_STRICT = Evaluation("b.test", "fail", "quarantine", "quarantine")
_LAX = Evaluation("c.test", "fail", "none", "none")


@pytest.mark.parametrize(
    ("evaluations", "override"),
    [
        ([_FORGED, _LAX], "arc"),
        ([_FORGED, _STRICT], ""),
        ([_STRICT, _FORGED], ""),
    ],
)
def test_arc_override_applies_only_to_the_domains_it_names(evaluations, override):
    """Of several authors, each whose owner wants something done must have passed."""
    chain = Chain("pass", "sealed", (Sealed("a.test", _PASSED),))
    enforcement = Enforcement("refuse", sealers=frozenset({"a.test"}))

    assert enforcement.decide(evaluations, [], chain).override == override


def test_unverifiable_trusted_seal_defers_the_message():
    """While the sealer's key can't be looked up, its word is not yet refused."""
    chain = Chain("fail", "silence", claimed="a.test", unanswered=True)
    enforcement = Enforcement("refuse", sealers=frozenset({"a.test"}))
    verdict = enforcement.decide([_FORGED], [], chain)

    assert enforcement.refusal(verdict, chain).enhanced == "4.7.0"
    assert Enforcement("refuse").refusal(verdict, chain).enhanced == "5.7.1"


@pytest.mark.parametrize(
    ("evaluation", "words"),
    [
        (_DOUBTFUL, "fail (p=quarantine dis=quarantine from=unproven)"),
        (_PROVEN, "pass (p=reject dis=none from=proven)"),
        (_BARE, "none (p=absent dis=none from=proven)"),
    ],
)
def test_dmarc_header_words_are_stable_for_sieve(evaluation, words):
    """Sieve looks for p=, dis=, from= and override=: a contract."""
    verdict = Enforcement("refuse").decide([evaluation], [], NO_CHAIN)

    assert str(verdict) == f"dmarc={words} header.from=bank.test"


def test_override_is_shown_in_the_header():
    """Whoever wonders why a failing message came in finds the reason there."""
    enforcement = Enforcement("refuse", frozenset({"list.test"}))
    verdict = enforcement.decide(
        [_FORGED], [Identifier("spf", "list.test", "pass")], NO_CHAIN
    )

    assert str(verdict) == (
        "dmarc=fail (p=reject dis=none from=unproven override=exempt)"
        " header.from=bank.test"
    )
