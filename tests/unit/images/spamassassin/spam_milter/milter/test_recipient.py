"""Whose mail a message is, as far as the spam filter is concerned."""

import pytest
from spam_milter.milter.message import mailbox


@pytest.mark.parametrize(
    ("recipient", "address"),
    [
        ("<alice@example.org>", "alice@example.org"),
        ("<Alice+Lists@Example.ORG>", "alice@example.org"),
        ("alice@example.org", "alice@example.org"),
        ("<postmaster>", "postmaster"),
    ],
)
def test_an_address_is_a_user_without_its_extension(recipient, address):
    """Users are written in lower case, and an extension is the user's own affair."""
    assert mailbox(recipient) == address
