"""Lists of tags, as DKIM, DMARC and TLSRPT have them."""

import dns.rdata
import pytest

from stack.dns.check.policies import tags
from stack.dns.lookup.answers import Answer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("v=DKIM1; k=rsa; p=A+/=", {"v": "DKIM1", "k": "rsa", "p": "A+/="}),
        (" v = a ;b=;", {"v": "a", "b": ""}),
        ("v=a; ; b=c", None),
        ("v=a; b", None),
        ("v=a; =b", None),
        ("v=a; v=b", None),
        ("", None),
    ],
)
def test_a_list_is_read_or_it_is_none(text, found):
    """A tag that is there twice makes it invalid (RFC 6376 §3.2)."""
    assert tags.read(text) == found


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("v=DMARC1; p=none", True),
        ("v = DMARC1;p=none", True),
        ("v=DMARC1", True),
        ("v=DMARC12; p=none", False),
        ("p=none; v=DMARC1", False),
        ("v=dmarc1; p=none", False),
    ],
)
def test_records_of_a_version_are_kept(text, kept):
    """The version comes first, and its case counts (RFC 9989)."""
    record = dns.rdata.from_text("IN", "TXT", f'"{text}"')

    found = tags.of_version(Answer((record,), ("ns1.test",)), "DMARC1")

    assert found.records == ((record,) if kept else ())
    assert found.servers == ("ns1.test",)
