"""Which domains a message claims for its authors, however it is written."""

import time

import pytest
from dkim_launcher.authors import TooManyError, domains


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
        (["x@y.test <a@b.test>"], ["y.test", "b.test"]),
        (["group: a@b.test;"], ["b.test"]),
        (["<a@b.test"], ["b.test"]),
        (["undisclosed:;"], []),
        (["nobody"], []),
        ([""], []),
        ([], []),
    ],
)
def test_each_domain_that_a_reader_may_see_is_found(values, found):
    """Of a malformed header, all that looks like an address counts."""
    assert domains([value.encode() for value in values]) == found


@pytest.mark.parametrize(
    "value",
    [", ".join(f"a@d{n}.test" for n in range(6)), "a" * 5000 + "@b.test"],
)
def test_nobody_hides_among_many(value):
    """More than five domains, or a header without end, are not looked at."""
    with pytest.raises(TooManyError):
        domains([value.encode()])


def test_a_long_header_takes_no_time():
    """The longest that is looked at is made to keep a pattern busy."""
    began = time.monotonic()

    domains([b'"' + b"a" * 4000])

    assert time.monotonic() - began < 1
