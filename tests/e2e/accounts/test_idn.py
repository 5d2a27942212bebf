"""Addresses beyond ASCII are delivered, or refused at RCPT."""

import pytest

from tests.support.mail.message import letter
from tests.support.server.accounts import (
    add_domains,
    open_account,
    operate,
    remove_domains,
)

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def erin(server, alice):
    """Add a user in a domain that is written with an umlaut."""
    add_domains(server.project, "münchen.test")
    erin = open_account(server, "erin@münchen.test")
    yield type(erin)("erin@xn--mnchen-3ya.test", erin.password, server)
    operate(server.project, "user remove erin@xn--mnchen-3ya.test")
    remove_domains(server.project, "xn--mnchen-3ya.test")


@pytest.mark.parametrize(
    "to",
    ["erin@münchen.test", "erin+x@MÜNCHEN.test", "erin@xn--mnchen-3ya.test"],
)
def test_mail_to_a_domain_in_unicode_is_delivered(erin, spammer, subject, to):
    """Mail to a domain in Unicode (RFC 6531) reaches the mailboxes of that domain."""
    message = letter("a@outside.test", "erin@xn--mnchen-3ya.test", subject)

    reply = spammer.send(to, message, options=" SMTPUTF8")

    assert reply.code == 250
    assert erin.receive(subject)


def test_the_postmaster_of_a_domain_in_unicode_is_reached(
    erin, alice, spammer, subject
):
    """Mail to postmaster at a domain's Unicode form is delivered."""
    message = letter("a@outside.test", "postmaster@xn--mnchen-3ya.test", subject)

    reply = spammer.send("postmaster@münchen.test", message, options=" SMTPUTF8")

    assert reply.code == 250
    assert alice.receive(subject)


def test_an_unknown_name_at_a_domain_in_unicode_is_refused(erin, spammer):
    """An unknown name is refused at a domain's Unicode form, too."""
    replies = spammer.ask("nobody@münchen.test", "x@köln.test", utf8=True)

    assert [reply.code for reply in replies] == [550, 554]


def test_a_local_part_beyond_ascii_is_refused_at_rcpt(server, erin, alice, spammer):
    """A local part beyond ASCII is refused at RCPT, also where there is a catch-all."""
    operate(server.project, f"alias add @xn--mnchen-3ya.test {alice.address}")
    try:
        replies = spammer.ask(
            "älice@example.test",
            "älice@xn--mnchen-3ya.test",
            "älice@münchen.test",
            "älice@mail.example.test",
            utf8=True,
        )
    finally:
        operate(server.project, "alias remove @xn--mnchen-3ya.test")

    assert {str(reply)[:9] for reply in replies} == {"550 5.6.7"}
