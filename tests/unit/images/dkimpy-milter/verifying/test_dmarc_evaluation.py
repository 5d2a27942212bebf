"""Whether an author's domain is proven, and what its owner wants (RFC 9989)."""

import pytest
from mail_auth.verifying.arc import Chain, Sealed
from mail_auth.verifying.dmarc import tree_walk
from mail_auth.verifying.dmarc.enforcement import Enforcement
from mail_auth.verifying.dmarc.evaluation import (
    Author,
    Evaluation,
    Identifier,
    evaluate,
    strictest,
)
from mail_auth.verifying.dmarc.record import Record, parse

from tests.support.zone import Zone

NO_CHAIN = Chain("none", "no chain")


@pytest.mark.parametrize(
    ("texts", "record"),
    [
        (["v=DMARC1; p=reject"], Record("reject")),
        (["V = DMARC1 ;P = Reject"], Record("reject")),
        (
            ["v=DMARC1;p=none;sp=quarantine;np=reject"],
            Record("none", "quarantine", "reject"),
        ),
        (["v=DMARC1; p=reject; psd=y; t=y"], Record("reject", psd="y", testing=True)),
        (
            ["v=DMARC1; p=reject; adkim=s; aspf=S"],
            Record("reject", strict_dkim=True, strict_spf=True),
        ),
        (
            ["v=DMARC1; p=reject; adkim=x; psd=maybe; t=1; pct=0; foo=bar"],
            Record("reject"),
        ),
        (["v=DMARC1; rua=mailto:r@a.test"], Record("none")),
        (["v=DMARC1; p=rejct; rua=mailto:r@a.test"], Record("none")),
        (["v=DMARC1; p=reject; sp=x; rua=mailto:r@a.test"], Record("none")),
        (["v=DMARC1; p=reject; np=x; rua=nonsense"], Record(None)),
        (["v=DMARC1"], Record(None)),
        (["v=DMARC1; p=none; p=reject"], Record("none")),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], None),
        (["v=DMARC1; p=reject", "v=spf1 -all"], Record("reject")),
        (["p=reject; v=DMARC1"], None),
        (["v=dmarc1; p=reject"], None),
        (["v=DMARC12; p=reject"], None),
        (["v=DMARC1; p=reject;" + " " * 5000], None),
        ([], None),
    ],
)
def test_a_record_is_read_as_rfc_9989_reads_it(texts, record):
    """What is unknown or wrong is passed over; without a policy it asks for nothing."""
    assert parse([text.encode() for text in texts]) == record


def test_a_walk_asks_eight_times_at_most():
    """The RFC's own example (4.10): a deep name is cut to seven labels at once."""
    assert tree_walk.targets("a.b.c.d.e.f.g.h.i.j.mail.example.com") == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    ]


@pytest.mark.parametrize("labels", [1, 2, 7, 8, 9, 100])
def test_a_walk_ends_at_the_top(labels):
    """However many labels a name has, the last one asked about has one."""
    name = ".".join(f"l{n}" for n in range(labels))

    targets = tree_walk.targets(name)

    assert targets[0] == name
    assert len(targets) == min(labels, 8)
    assert targets[-1].count(".") == 0


@pytest.mark.parametrize(
    ("records", "owner"),
    [
        # The three examples of section 4.10.2.
        ({"mail.example.com": "u", "example.com": "u"}, "example.com"),
        ({"mail.example.com": "n"}, "mail.example.com"),
        ({"com": "y"}, "example.com"),
        ({}, "a.mail.example.com"),
        ({"a.mail.example.com": "y", "example.com": "u"}, "a.mail.example.com"),
        ({"mail.example.com": "u", "com": "y"}, "example.com"),
        ({"mail.example.com": "n", "example.com": "u"}, "mail.example.com"),
        ({"mail.example.com": "y", "example.com": "u"}, "a.mail.example.com"),
    ],
)
def test_whose_a_name_is_says_the_tree(records, owner):
    """The Organizational Domain of a.mail.example.com, by the psd tags above it."""
    names = {
        f"_dmarc.{n}": f"v=DMARC1; p=none; psd={psd}" for n, psd in records.items()
    }
    start = "a.mail.example.com"

    found = tree_walk.walk(start, Zone(names).resolver())

    assert tree_walk.organizational(start, found) == owner


_NAMES = {
    "_dmarc.reject.test": "v=DMARC1; p=reject",
    "www.reject.test": {"A": ["192.0.2.1"]},
    "_dmarc.subs.test": "v=DMARC1; p=reject; sp=quarantine; np=none",
    "www.subs.test": {"A": ["192.0.2.1"]},
    "x.below.subs.test": {"A": ["192.0.2.1"]},
    "unsure.subs.test": Zone.SILENT,
    "unsure.none.test": Zone.SILENT,
    "_dmarc.strict.test": "v=DMARC1; p=quarantine; adkim=s; aspf=s",
    "_dmarc.trial.test": "v=DMARC1; p=reject; t=y",
    "_dmarc.trial2.test": "v=DMARC1; p=quarantine; t=y",
    "_dmarc.none.test": "v=DMARC1; p=none; np=reject",
    "_dmarc.broken.test": "v=DMARC1; p=nonsense",
    "_dmarc.silent.test": Zone.SILENT,
    "_dmarc.suffix.test": "v=DMARC1; p=reject; psd=y",
    "one.suffix.test": {"A": ["192.0.2.1"]},
    "_dmarc.own.suffix.test": "v=DMARC1; p=none",
    "_dmarc.dept.big.test": "v=DMARC1; p=quarantine; psd=n",
    "_dmarc.big.test": "v=DMARC1; p=reject",
    "_dmarc.mid.two.suffix.test": "v=DMARC1; p=none",
}


def _evaluation(domain, *identifiers):
    return Author(domain, Zone(_NAMES).resolver()).evaluate(
        [Identifier(*each.split()) for each in identifiers]
    )


@pytest.mark.parametrize(
    ("domain", "identifiers", "result", "policy", "wanted"),
    [
        ("reject.test", ["dkim reject.test pass"], "pass", "reject", "none"),
        ("reject.test", ["spf reject.test pass"], "pass", "reject", "none"),
        ("reject.test", ["dkim www.reject.test pass"], "pass", "reject", "none"),
        ("www.reject.test", ["dkim reject.test pass"], "pass", "reject", "none"),
        ("reject.test", ["dkim other.test pass"], "fail", "reject", "reject"),
        ("reject.test", ["dkim notreject.test pass"], "fail", "reject", "reject"),
        ("reject.test", ["dkim reject.test fail"], "fail", "reject", "reject"),
        ("reject.test", ["spf reject.test softfail"], "fail", "reject", "reject"),
        ("reject.test", ["dkim reject.test policy"], "fail", "reject", "reject"),
        ("reject.test", [], "fail", "reject", "reject"),
        (
            "reject.test",
            ["dkim reject.test temperror"],
            "temperror",
            "reject",
            "reject",
        ),
        ("reject.test", ["dkim other.test temperror"], "fail", "reject", "reject"),
        ("strict.test", ["dkim strict.test pass"], "pass", "quarantine", "none"),
        (
            "strict.test",
            ["dkim a.strict.test pass"],
            "fail",
            "quarantine",
            "quarantine",
        ),
        ("strict.test", ["spf a.strict.test pass"], "fail", "quarantine", "quarantine"),
        ("subs.test", [], "fail", "reject", "reject"),
        ("www.subs.test", [], "fail", "quarantine", "quarantine"),
        ("below.subs.test", [], "fail", "quarantine", "quarantine"),
        ("ghost.subs.test", [], "fail", "none", "none"),
        ("ghost.none.test", [], "fail", "reject", "reject"),
        # Whether they exist isn't known: the stricter of both policies.
        ("unsure.subs.test", [], "fail", "quarantine", "quarantine"),
        ("unsure.none.test", [], "fail", "reject", "reject"),
        ("none.test", [], "fail", "none", "none"),
        ("trial.test", [], "fail", "reject", "quarantine"),
        ("trial2.test", [], "fail", "quarantine", "none"),
        ("broken.test", [], "permerror", "absent", "none"),
        ("silent.test", [], "temperror", "absent", "none"),
        ("nothing.test", [], "none", "absent", "none"),
        # Under a public suffix, whose own policy is for those who have none.
        ("one.suffix.test", [], "fail", "reject", "reject"),
        ("one.suffix.test", ["dkim two.suffix.test pass"], "fail", "reject", "reject"),
        ("one.suffix.test", ["dkim a.one.suffix.test pass"], "pass", "reject", "none"),
        ("own.suffix.test", [], "fail", "none", "none"),
        ("a.own.suffix.test", [], "fail", "none", "none"),
        ("a.mid.two.suffix.test", [], "fail", "reject", "reject"),
        # A department that says it stands for itself.
        ("dept.big.test", ["dkim big.test pass"], "fail", "quarantine", "quarantine"),
        ("big.test", ["dkim dept.big.test pass"], "fail", "reject", "reject"),
        ("x.dept.big.test", ["dkim dept.big.test pass"], "pass", "quarantine", "none"),
    ],
)
def test_an_author_is_judged_as_rfc_9989_says(
    domain, identifiers, result, policy, wanted
):
    """Policy discovery, alignment and the tags sp, np, psd and t together."""
    found = _evaluation(domain, *identifiers)

    assert found[:4] == (domain, result, policy, wanted)
    assert found.proven == (result == "pass")


def test_an_author_without_a_policy_is_proven_all_the_same():
    """Readers learn that the domain was proven, be there a record or not."""
    found = _evaluation("nothing.test", "dkim nothing.test pass")

    assert found == Evaluation("nothing.test", "none", "absent", proven=True)


def test_the_policy_is_looked_up_before_the_sender_can_use_up_the_time():
    """A forger's own silent name servers don't make a policy go unfound."""
    zone = Zone(_NAMES)

    Author("reject.test", zone.resolver())

    assert zone.asked == [("_dmarc.reject.test", "TXT")]


def test_of_several_authors_the_strictest_policy_counts():
    """Each must be proven; the worst that its owner asks for is done (11.5)."""
    proven = Evaluation("a.test", "pass", "none", proven=True)
    forged = Evaluation("b.test", "fail", "reject", "reject")

    assert strictest([proven, forged]) == forged
    assert strictest([forged, proven]) == forged
    assert not strictest([proven, Evaluation("c.test", "none", "absent")]).proven


@pytest.mark.parametrize(
    ("authors", "identifiers", "wanted"),
    [
        (["silent.test"], [], ["none"]),
        (["silent.test", "nothing.test"], [], ["reject", "none"]),
        (["nothing.test", "silent.test"], [], ["none", "reject"]),
        (["silent.test", "nothing.test"], ["silent.test"], ["none", "none"]),
    ],
)
def test_nobody_is_hidden_behind_slow_domains(authors, identifiers, wanted):
    """Of several authors, one without an answer may be one who wants mail refused."""
    resolver = Zone(_NAMES).resolver()

    found = evaluate(
        [Author(each, resolver) for each in authors],
        [Identifier("dkim", each, "pass") for each in identifiers],
    )

    assert [each.wanted for each in found] == wanted


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
def test_the_setting_decides_what_is_done(mode, evaluation, disposition, reply):
    """DMARC_POLICY: refuse does as the owner says, mark refuses nothing, off tells."""
    enforcement = Enforcement(mode)

    verdict = enforcement.decide([evaluation], [], NO_CHAIN)
    refusal = enforcement.refusal(verdict, NO_CHAIN)

    assert verdict.disposition == disposition
    assert (f"{refusal.code} {refusal.enhanced}" if refusal else None) == reply


def test_the_refusal_says_whose_wish_it_is():
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
def test_a_trusted_forwarder_is_known_by_its_own_proof(identifier, override):
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
def test_a_seal_is_believed_as_far_back_as_all_are_trusted(sets, override):
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
def test_a_seal_frees_those_alone_whom_it_names(evaluations, override):
    """Of several authors, each whose owner wants something done must have passed."""
    chain = Chain("pass", "sealed", (Sealed("a.test", _PASSED),))
    enforcement = Enforcement("refuse", sealers=frozenset({"a.test"}))

    assert enforcement.decide(evaluations, [], chain).override == override


def test_a_trusted_seal_that_cannot_be_checked_now_makes_mail_wait():
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
def test_scripts_find_the_verdict_in_these_words(evaluation, words):
    """Sieve looks for p=, dis=, from= and override=: a contract."""
    verdict = Enforcement("refuse").decide([evaluation], [], NO_CHAIN)

    assert str(verdict) == f"dmarc={words} header.from=bank.test"


def test_an_override_is_said_in_the_header():
    """Whoever wonders why a failing message came in finds the reason there."""
    enforcement = Enforcement("refuse", frozenset({"list.test"}))
    verdict = enforcement.decide(
        [_FORGED], [Identifier("spf", "list.test", "pass")], NO_CHAIN
    )

    assert str(verdict) == (
        "dmarc=fail (p=reject dis=none from=unproven override=exempt)"
        " header.from=bank.test"
    )
