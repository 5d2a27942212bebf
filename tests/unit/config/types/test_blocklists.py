"""The entries of DNSBL, parsed and written for Postfix."""

import pytest

from stack.config.types import blocklists
from stack.config.types.blocklists import Blocklist


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a.test", "a.test=127.[0..254].[0..255].[0..255]*1"),
        ("a.test*-12", "a.test=127.[0..254].[0..255].[0..255]*-12"),
        ("a.test=127.0.0.[2..11]", "a.test=127.0.0.[2..11]*1"),
        ("a.test=127.0.[0..255].3*2", "a.test=127.0.[0..255].3*2"),
        ("a.test=127.255.254.255", "a.test=127.255.254.255*1"),
    ],
)
def test_list_is_written_as_postfix_reads_it(text, written):
    """Always with a pattern, so that a refused query does not count as a listing."""
    assert Blocklist.of(text).site == written


@pytest.mark.parametrize("text", ["a.test", "a.test*-12", "a.test=127.0.0.[2..11]*3"])
def test_list_is_written_as_it_is_read(text):
    """In .env, without defaults."""
    assert str(Blocklist.of(text)) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be ZONE"),
        ("a.test=", "must be ZONE"),
        ("a.test=127.0.0", "must be ZONE"),
        ("a.test=127.0.0.[2;4]", "must be ZONE"),
        ("a.test*0", "must be ZONE"),
        ("a.test*1.5", "must be ZONE"),
        ("a.test=127.0.0.256", "numbers from 0 to 255"),
        ("a.test=127.0.0.[11..2]", "numbers from 0 to 255"),
        ("a.test=127.255.255.254", "must not count 127.255.255.x"),
        ("a.test=127.[0..255].[0..255].[0..255]", "must not count 127.255.255.x"),
    ],
)
def test_bad_list_is_refused(text, reason):
    """So is a pattern by which a refused query would count as a listing."""
    with pytest.raises(ValueError, match=reason.replace(".", r"\.")):
        Blocklist.of(text)


def test_highest_score_leaves_out_allowlists():
    """A client on all lists but those has the highest sum."""
    lists = [Blocklist.of(text) for text in ("a.test*2", "b.test", "c.test*-5")]

    assert blocklists.highest(lists) == 3
