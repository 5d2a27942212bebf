"""Addresses are read with and without quotes, and written as MAIL FROM has them."""

import pytest
from srs_table.address import Address


@pytest.mark.parametrize(
    ("text", "local", "written"),
    [
        ("a.b@c.test", "a.b", "a.b@c.test"),
        ('"a.b"@c.test', "a.b", "a.b@c.test"),
        ("a b@c.test", "a b", '"a b"@c.test'),
        ('"a b"@c.test', "a b", '"a b"@c.test'),
        ('"a\\"\\\\b"@c.test', 'a"\\b', '"a\\"\\\\b"@c.test'),
        ('"a@b"@c.test', "a@b", '"a@b"@c.test'),
        ("a..b@c.test", "a..b", '"a..b"@c.test'),
        (".a@c.test", ".a", '".a"@c.test'),
        ("grüße@c.test", "grüße", "grüße@c.test"),
        ("SRS0=x=y=z=a+b@c.test", "SRS0=x=y=z=a+b", "SRS0=x=y=z=a+b@c.test"),
    ],
)
def test_a_local_part_has_quotes_only_where_it_needs_them(text, local, written):
    """Inside, it has none."""
    address = Address.of(text)

    assert address.local == local
    assert str(address) == written


@pytest.mark.parametrize("text", ["", "a", "@", "a@", "@c.test", "a\r\nb@c.test"])
def test_what_is_no_address_is_refused(text):
    """Nor could a line break get into the reply."""
    with pytest.raises(ValueError, match="not an address"):
        Address.of(text)
