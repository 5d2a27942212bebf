"""Whether others trust what port 25 serves."""

import pytest

from stack.certs.validation import trust
from tests.support.certs.authority import DAY, HOST, authority
from tests.support.certs.bundles import MIDDLE, ROOT, TODAY, bundle

WORLD = [ROOT.certificate]


@pytest.mark.parametrize(
    ("served", "is_trusted"),
    [
        (bundle(), True),
        (bundle(by=(ROOT,)), True),
        (bundle(by=(MIDDLE, ROOT)), True),
        (bundle("www.example.org"), False),
        (bundle(by=()), False),
        (bundle(end=TODAY - DAY), False),
        (bundle(by=(authority("Other", begin=TODAY - DAY, end=TODAY + DAY),)), False),
    ],
    ids=["whole", "by a root", "with it", "other", "self-signed", "ended", "unknown"],
)
def test_a_chain_must_lead_to_a_known_root(served, is_trusted):
    """For the name, and at this time."""
    assert trust.is_trusted(served.chain, HOST, TODAY, WORLD) is is_trusted


def test_a_chain_with_a_gap_is_not_trusted():
    """Senders fetch no issuer."""
    leaf = bundle().chain[:1]

    assert not trust.is_trusted(leaf, HOST, TODAY, WORLD)
    assert trust.is_trusted(leaf, HOST, TODAY, [MIDDLE.certificate])
