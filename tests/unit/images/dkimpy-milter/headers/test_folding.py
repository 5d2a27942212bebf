"""Which headers the signing milter folds, and where."""

import pytest
from dkim.canonicalization import Relaxed
from mail_auth.headers.folding import folded
from mail_auth.headers.line_length import MAX_LINE_OCTETS

IDS = b" ".join(b"<%d.%s@a.test>" % (number, b"x" * 30) for number in range(34))
WORD = b"w" * 900
LONG = {
    "References of 1,500 octets": b"References: " + IDS,
    "words that just don't fit": b"X: " + b" ".join([WORD] * 5),
    "a word that fits on a line of its own": b"X: " + b"w" * 997,
    "a tab for a blank": b"Subject:\t" + WORD + b"\t" + WORD,
    "no blank after the colon": b"Subject:" + WORD + b" " + WORD,
    "UTF-8": b"Subject: " + "Grüße ".encode() * 300,
    "folded before": b"To: a@b.test,\n " + IDS + b",\n\tc@d.test",
    "a run of blanks": b"X: " + WORD + b" " * 150 + WORD,
    "many lines": b"X: " + b"word " * 10_000 + b"end",
    "blanks at the end": b"X: " + WORD + b" " + b"w" * 50 + b" " * 50 + b"w" + b" " * 9,
}
AS_IT_IS = {
    "998 octets": b"X: " + b"word " * 199,
    "a word that is too long": b"X: " + b"w" * 998,
    "one of several": b"X: " + IDS + b" " + b"w" * 998 + b" " + IDS,
    "blanks, more than fit": b"X: a" + b" " * 2000 + b"b",
    "blanks at the end, more than fit": b"X: a" + b" " * 1000,
    "longer than Postfix keeps, with breaks": b"X: " + b"word " * 11_998,
    "not UTF-8": b"X: " + b"\xe4 " * 900,
}


@pytest.mark.parametrize("field", LONG.values(), ids=LONG)
def test_a_long_header_is_folded_before_a_blank(field):
    """
    No line is over 998 octets or blank, and nothing but line breaks came in.

    So who unfolds it, and a relaxed signature (RFC 6376, 3.4.2), see what was there.
    """
    found = folded(field)

    lines = found.split(b"\n")
    assert max(len(line) for line in lines) <= MAX_LINE_OCTETS
    assert all(line.strip() for line in lines)
    assert all(line.startswith((b" ", b"\t")) for line in lines[1:])
    assert found.replace(b"\n", b"") == field.replace(b"\n", b"")
    name, _, value = field.partition(b":")
    after = found.partition(b":")[2]
    relaxed = Relaxed.canonicalize_headers
    assert relaxed([(name, after)]) == relaxed([(name, value)])


@pytest.mark.parametrize("field", AS_IT_IS.values(), ids=AS_IT_IS)
def test_header_that_needs_or_allows_no_fold_is_unchanged(field):
    """A header that fits, and one that can't be made to, is the same afterwards."""
    assert folded(field) == field


def test_short_line_is_unchanged():
    """Of a header in several lines, only the one that is too long is broken."""
    lines = [b"To: a@b.test,", b" " + IDS, b"\tc@d.test"]

    found = folded(b"\n".join(lines)).split(b"\n")

    assert (found[0], found[-1]) == (lines[0], lines[-1])
    assert len(found) == len(lines) + 1
