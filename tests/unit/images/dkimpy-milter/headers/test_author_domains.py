"""Which domains a message claims for its authors, however it is written."""

import time
from contextlib import suppress

import pytest
from mail_auth.headers.author_domains import HiddenAuthorError, domains


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["a@b.test"], ["b.test"]),
        (["Name <a@B.Test>"], ["b.test"]),
        (['"x@y.test" <a@b.test>'], ["b.test"]),
        (["a@b.test, c@d.test"], ["b.test", "d.test"]),
        (["a@b.test", "c@d.test"], ["b.test", "d.test"]),
        (["a@b.test", "c@b.test"], ["b.test"]),
        (["a@bücher.test"], ["xn--bcher-kva.test"]),
        (["a@BÜCHER.test"], ["xn--bcher-kva.test"]),
        (['"x@y.test" <ä@bücher.test>'], ["xn--bcher-kva.test"]),
        (["x@y.test <a@b.test>"], ["y.test", "b.test"]),
        (["group: a@b.test;"], ["b.test"]),
        (["<a@b.test"], ["b.test"]),
        (["Name <a @ b.test>"], ["b.test"]),
        (["Name <a\t@\tb.test>"], ["b.test"]),
        (["a@b .test"], ["b.test"]),
        (["a@b. test"], ["b.test"]),
        (["a(x)@b.test"], ["b.test"]),
        (["a@(x)b(y(z)).(\\))test"], ["b.test"]),
        (["a@b\0.test"], ["b.test"]),
        (["a@b.test\0x"], ["b.testx", "b.test"]),
        (["a\u200b@b.test"], ["b.test"]),
        (['a@"b.test"'], ["b.test"]),
        (['"A x@y.test" <a @ b.test>'], ["y.test", "b.test"]),
        (['"A (x@y.test)" <a@(x)b.test>'], ["y.test", "b.test"]),
        (['"x@y.test (" <a@(x)b.test> ")"'], ["y.test", "b.test"]),
        (["(x@y.test) a @b.test"], ["y.test", "b.test"]),
        (["a@localhost"], []),
        (["undisclosed:;"], []),
        (["nobody"], []),
        ([""], []),
        ([], []),
    ],
)
def test_each_domain_shown_by_some_mail_program_is_found(values, found):
    """Of a malformed header, all that looks like an address counts."""
    assert domains([value.encode() for value in values]) == found


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (", ".join(f"a@d{n}.test" for n in range(6)), "names 6 domains"),
        ("a" * 5000 + "@b.test", "is too long"),
        ("x@y.test " + "(" * 20 + ")" * 20 + ",", "has an @ and no domain"),
        ("a b@", "has an @ and no domain"),
        ("a@bä\ufffd.test", "has an @ and no domain"),
    ],
)
def test_hidden_author_is_an_error(value, reason):
    """Among many domains, in a header without end, or behind an @ without domain."""
    with pytest.raises(HiddenAuthorError, match=reason):
        domains([value.encode()])


@pytest.mark.parametrize(
    "value",
    [
        '"' + "a" * 4000,
        "(" * 2000 + ")" * 2000 + ",",
        "(" * 4000,
        "\\(" * 2000,
        "<>" * 2000 + "@",
        "x y" + "@ " * 2000 + "a.test",
        " " * 4000 + ",",
    ],
)
def test_reading_a_long_from_header_is_fast(value):
    """The longest that is looked at is made to keep a pattern busy."""
    began = time.monotonic()

    with suppress(HiddenAuthorError):
        domains([value.encode()])

    assert time.monotonic() - began < 1
