"""What the signing milter refuses, and what it tells the sender."""

import pytest
from mail_auth.milter.refusal import RefusalError
from mail_auth.signing import sender_checks
from mail_auth.signing.accounts import owners


def _values(**headers):
    return lambda name: headers.get(name, [])


def test_unreadable_accounts_defer_the_message(tmp_path):
    """Without the accounts the sender is told to try again, not that he may not."""
    missing = f"file:{tmp_path / 'missing.db'}?mode=ro"
    values = _values(**{"from": [b"sales@a.test"]})

    with pytest.raises(RefusalError, match=r"^451 4\.3\.0 "):
        sender_checks.check_ownership(
            "alice@a.test", values, lambda a: owners(a, "SELECT", missing)
        )


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
            {"from": ["alice@a.test, alice@Bu\u0308cher.test".encode()]},
            "550 5.7.1 <alice@xn--bcher-kva.test> in From: does not belong to"
            " alice@a.test",
        ),
        (
            {"from": ['"boss@bücher.test" <alice@a.test>'.encode()]},
            "550 5.7.1 <boss@xn--bcher-kva.test> in From: does not belong to"
            " alice@a.test",
        ),
        (
            {"from": ["alice@\u0301.test".encode()]},
            "550 5.7.1 <alice@\u0301.test> in From: does not belong to alice@a.test",
        ),
        (
            {"from": [b"Staff: alice@a.test;"]},
            "550 5.7.1 From: has a group or a route in place of an address, so Staff:"
            " alice@a.test; can't be told to belong to alice@a.test",
        ),
        (
            {"from": ["älice@a.test".encode()]},
            "550 5.6.7 From: has an address with letters beyond ASCII before its @;"
            " we have none such",
        ),
        (
            {"from": [b"alice@a.test"], "sender": [b"\xff@a.test"]},
            "550 5.6.7 Sender: has an address with letters beyond ASCII before its @;"
            " we have none such",
        ),
    ],
)
def test_from_of_another_user_is_rejected(headers, reply):
    """The reply says what is wrong, so that people can mend it."""
    with pytest.raises(RefusalError) as refusal:
        sender_checks.check_ownership(
            "alice@a.test", _values(**headers), lambda _: set()
        )

    assert str(refusal.value) == reply


def test_own_address_needs_no_account_lookup():
    """Mail from one's own address goes out even while the accounts are locked."""
    values = _values(**{"from": [b"ALICE@A.TEST"]})

    sender_checks.check_ownership(
        "alice@a.test", values, lambda _: pytest.fail("was asked")
    )


_WRITTEN = [
    "erin@xn--bcher-kva.test",
    "erin@bücher.test",
    "Erin@BÜCHER.Test",
    "erin@bu\u0308cher.test",
    "Erin <erin@Bücher.test>",
    '"erin@bücher.test" <erin@xn--bcher-kva.test>',
    "=?utf-8?q?erin=40BU=CC=88CHER=2Etest?= <erin@bücher.test>",
    "erin@bücher.test (erin@XN--BCHER-KVA.test), erin@bücher\u3002test",
]


@pytest.mark.parametrize("written", _WRITTEN)
@pytest.mark.parametrize("header", ["from", "sender"])
def test_unicode_domain_equals_its_a_labels(header, written):
    """Whatever case and normal form it is written in; so is what looks like one."""
    values = {"from": [b"erin@xn--bcher-kva.test"]} | {header: [written.encode()]}
    login = "erin@xn--bcher-kva.test"

    sender_checks.check_ownership(login, _values(**values), lambda _: set())

    assert sender_checks.signing_domain(_values(**values)) == "xn--bcher-kva.test"


def test_owner_lookup_uses_a_labels():
    """So all that they hold applies, aliases and rights to send too."""
    asked = set()

    def owners(address):
        asked.add(str(address))
        return {"alice@a.test"}

    values = _values(**{"from": ["sales+x@BÜCHER.test".encode()]})
    sender_checks.check_ownership("alice@a.test", values, owners)

    assert asked == {"sales+x@xn--bcher-kva.test"}


def test_from_of_several_domains_is_rejected():
    """Two domains in From: can't both be d=; upper case is the same domain."""
    with pytest.raises(RefusalError, match="several domains"):
        sender_checks.signing_domain(_values(**{"from": [b"a@a.test, b@b.test"]}))

    assert (
        sender_checks.signing_domain(_values(**{"from": [b"a@A.TEST, b@a.test"]}))
        == "a.test"
    )


def test_overlong_line_is_rejected_with_its_number():
    """Postfix folds lines over 998 octets after the signature, which breaks it."""
    head = b"From: a@a.test\r\n\r\n"
    sender_checks.check_line_lengths(head + b"x" * 998 + b"\r\n")

    with pytest.raises(RefusalError, match=r"^550 5\.6\.0 Line 2 of the text has 999 "):
        sender_checks.check_line_lengths(head + b"\r\n" + b"x" * 999 + b"\r\n")
    with pytest.raises(RefusalError, match="Line 2 of the headers has 1004 octets"):
        sender_checks.check_line_lengths(
            b"From: a@a.test\r\nX-Y: " + b"z" * 999 + b"\r\n\r\n"
        )
