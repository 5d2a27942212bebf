"""The DNS Tree Walk (RFC 9989, section 4.10)."""

import pytest
from mail_auth.verifying.dmarc import tree_walk

from tests.support.images.zone import Zone


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
def test_organizational_domain_follows_the_psd_tags(records, owner):
    """The Organizational Domain of a.mail.example.com, by the psd tags above it."""
    names = {
        f"_dmarc.{n}": f"v=DMARC1; p=none; psd={psd}" for n, psd in records.items()
    }
    start = "a.mail.example.com"

    found = tree_walk.walk(start, Zone(names).resolver())

    assert tree_walk.organizational(start, found) == owner
