"""What the signing milter refuses, and what it tells the sender."""

import pytest
from dkim_launcher import guard
from dkim_launcher.owners import owners
from dkim_launcher.refusal import RefusalError


def _values(**headers):
    return lambda name: headers.get(name, [])


def test_accounts_that_cannot_be_read_hold_mail_back(tmp_path):
    """Without the accounts the sender is told to try again, not that he may not."""
    missing = f"file:{tmp_path / 'missing.db'}?mode=ro"
    values = _values(**{"from": [b"sales@a.test"]})

    with pytest.raises(RefusalError, match=r"^451 4\.3\.0 "):
        guard.belongs_to("alice@a.test", values, lambda a: owners(a, "SELECT", missing))


@pytest.mark.parametrize(
    ("headers", "reply"),
    [
        ({}, "550 5.7.1 The message has no From: header"),
        (
            {"from": [b"alice@a.test", b"boss@b.test"]},
            "550 5.7.1 The message has 2 From: headers, one is allowed",
        ),
        (
            {"from": [b"alice@a.test, boss@b.test"]},
            "550 5.7.1 <boss@b.test> in From: does not belong to alice@a.test",
        ),
        (
            {"from": [b"alice@a.test"], "sender": [b"boss@b.test"]},
            "550 5.7.1 <boss@b.test> in Sender: does not belong to alice@a.test",
        ),
        (
            {"from": [b'"boss@b.test" <alice@a.test>']},
            "550 5.7.1 <boss@b.test> in From: does not belong to alice@a.test",
        ),
        (
            {"from": [b"alice@a.test"], "sender": [b"(boss@b.test) alice@a.test"]},
            "550 5.7.1 <boss@b.test> in Sender: does not belong to alice@a.test",
        ),
        (
            {"from": [b"Staff: alice@a.test;"]},
            "550 5.7.1 From: has a group or a route in place of an address, so Staff:"
            " alice@a.test; can't be told to belong to alice@a.test",
        ),
        (
            {"from": ["älice@a.test".encode()]},
            "550 5.6.7 From: has an address that is not plain ASCII; we have none such",
        ),
        (
            {"from": [b"alice@a.test"], "sender": [b"\xff@a.test"]},
            "550 5.6.7 Sender: has an address that is not plain ASCII;"
            " we have none such",
        ),
    ],
)
def test_a_message_that_is_not_the_logins_is_refused_for_good(headers, reply):
    """The reply says what is wrong, so that people can mend it."""
    with pytest.raises(RefusalError) as refusal:
        guard.belongs_to("alice@a.test", _values(**headers), lambda _: set())

    assert str(refusal.value) == reply


def test_the_logins_own_address_needs_no_accounts():
    """Mail from one's own address goes out even while the accounts are locked."""
    values = _values(**{"from": [b"ALICE@A.TEST"]})

    guard.belongs_to("alice@a.test", values, lambda _: pytest.fail("was asked"))


def test_a_message_is_signed_for_one_domain():
    """Two domains in From: can't both be d=; upper case is the same domain."""
    with pytest.raises(RefusalError, match="several domains"):
        guard.signing_domain(_values(**{"from": [b"a@a.test, b@b.test"]}))

    assert (
        guard.signing_domain(_values(**{"from": [b"a@A.TEST, b@a.test"]})) == "a.test"
    )


def test_a_line_that_would_be_folded_is_refused_with_its_place():
    """Postfix folds lines over 998 octets after the signature, which breaks it."""
    head = b"From: a@a.test\r\n\r\n"
    guard.lines_fit(head + b"x" * 998 + b"\r\n")

    with pytest.raises(RefusalError, match=r"^550 5\.6\.0 Line 2 of the text has 999 "):
        guard.lines_fit(head + b"\r\n" + b"x" * 999 + b"\r\n")
    with pytest.raises(RefusalError, match="Line 2 of the headers has 1004 octets"):
        guard.lines_fit(b"From: a@a.test\r\nX-Y: " + b"z" * 999 + b"\r\n\r\n")
