"""Whether an author's domain is proven, and what its owner wants (RFC 9989)."""

import pytest
from mail_auth.verifying.dmarc.evaluation import (
    Author,
    Evaluation,
    Identifier,
    evaluate,
    strictest,
)

from tests.support.images.zone import Zone

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
def test_dmarc_results_follow_rfc_9989(domain, identifiers, result, policy, wanted):
    """Policy discovery, alignment and the tags sp, np, psd and t together."""
    found = _evaluation(domain, *identifiers)

    assert found[:4] == (domain, result, policy, wanted)
    assert found.proven == (result == "pass")


def test_author_without_policy_can_be_proven():
    """Readers learn that the domain was proven, be there a record or not."""
    found = _evaluation("nothing.test", "dkim nothing.test pass")

    assert found == Evaluation("nothing.test", "none", "absent", proven=True)


def test_policy_is_looked_up_before_the_senders_names():
    """A forger's own silent name servers don't make a policy go unfound."""
    zone = Zone(_NAMES)

    Author("reject.test", zone.resolver())

    assert zone.asked == [("_dmarc.reject.test", "TXT")]


def test_strictest_policy_of_several_authors_counts():
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
def test_author_with_silent_name_server_counts_as_reject(authors, identifiers, wanted):
    """Of several authors, one without an answer may be one who wants mail refused."""
    resolver = Zone(_NAMES).resolver()

    found = evaluate(
        [Author(each, resolver) for each in authors],
        [Identifier("dkim", each, "pass") for each in identifiers],
    )

    assert [each.wanted for each in found] == wanted
