"""Who a From: header names, in the eyes of the milter that signs."""

import pytest
from mail_auth.headers.addresses import AddressError, parse


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("alice@a.test", "alice@a.test"),
        ("Alice <Alice@A.Test>", "Alice@a.test"),
        ('"boss@b.test" <alice@a.test>', "alice@a.test"),
        ('"a \\" <boss@b.test>" <alice@a.test>', "alice@a.test"),
        ("(boss@b.test (x)) alice@a.test (\\) y)", "alice@a.test"),
        ("John Q. Public <alice@a.test>", "alice@a.test"),
        ("=?utf-8?q?boss=40b=2Etest?= <alice@a.test>", "alice@a.test"),
        ("Jörg \udcf6 <alice@a.test>", "alice@a.test"),
        ('"alice"@a.test', "alice@a.test"),
        ('"boss@b.test" <älice@ä.test>', "älice@ä.test"),
        ("\udcff@a.test", "\udcff@a.test"),
        ("=?utf-8?q?alice?=@a.test", "=?utf-8?q?alice?=@a.test"),
    ],
)
def test_address_is_read_without_its_display_name(value, address):
    """Whatever a display name or a comment looks like, the address is what counts."""
    found = [str(one) for one in parse(value)]

    assert found == [address]


def test_each_address_of_a_list_is_read():
    """A From: may have several authors: none of them is overlooked."""
    found = [str(one) for one in parse('"x, y" <alice@a.test>, boss@b.test')]

    assert found == ["alice@a.test", "boss@b.test"]


FORM = "is not of the form: Name <user@domain>"
ADDRESS = "has an address that is not of the form user@domain"
GROUP = "has a group or a route in place of an address"
NONE = "has no address where one belongs"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", NONE),
        ("alice", FORM),
        ("boss@b.test <alice@a.test>", FORM),
        ("<alice@a.test> <boss@b.test>", FORM),
        ("<alice@a.test> boss", FORM),
        ("<@b.test:alice@a.test>", GROUP),
        ("group: alice@a.test;", GROUP),
        ("undisclosed:;", GROUP),
        ("alice@a.test;", GROUP),
        ("boss: alice@a.test", GROUP),
        ("alice@a.test,", NONE),
        ("alice@a.test boss@b.test", FORM),
        ("alice @a.test", ADDRESS),
        ("alice(comment)@a.test", ADDRESS),
        ("al..ice@a.test", ADDRESS),
        ("alice@[127.0.0.1]", "has a '[' out of place"),
        ("alice@a.test.", "has an address whose domain is not a host name"),
        ('"alice@a.test', "has a '\"' out of place"),
        ("(alice@a.test", "has a comment without an end"),
        ("alice@a.test\x00", r"has a '\x00' out of place"),
        ("alice@b.test@a.test", FORM),
    ],
)
def test_ambiguous_address_is_refused(value, reason):
    """A From: that isn't plainly a list of addresses is refused, never guessed at."""
    with pytest.raises(AddressError) as refused:
        parse(value)

    assert str(refused.value) == reason
