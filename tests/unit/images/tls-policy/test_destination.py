"""What Postfix asks about: next hops."""

import pytest
from tls_policy.destination import Destination, destination


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("example.org", Destination("example.org")),
        ("Example.ORG.", Destination("example.org")),
        ("bücher.example", Destination("xn--bcher-kva.example")),
        ("example.org:2525", Destination("example.org", 2525)),
        ("[mx.example.org]", Destination("mx.example.org", 25, True)),
        ("[mx.example.org]:587", Destination("mx.example.org", 587, True)),
        ("localhost", Destination("localhost")),
        ("_x.example.org", Destination("_x.example.org")),
    ],
)
def test_a_domain_or_host_is_taken_apart(key, found):
    """With its port, in lower case and in A-labels."""
    assert destination(key) == found


@pytest.mark.parametrize(
    "key",
    [
        *("", ".", ".example.org", "example..org", "-x.example", "a b.example"),
        *("192.0.2.1", "[192.0.2.1]", "[192.0.2.1]:25", "[IPv6:2001:db8::1]"),
        *("[2001:db8::1]", "[example.org", "example.org]", "example.org:x", "x:1:2"),
        *(
            "a" * 64 + ".example",
            "a." * 130 + "example",
            "\u2024.example",
            "a\0.example",
        ),
    ],
)
def test_what_publishes_nothing_is_told(key):
    """An address, a parent domain, and what is no name: Postfix decides alone."""
    assert destination(key) is None
