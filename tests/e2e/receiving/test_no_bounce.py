"""Mail with odd addresses is refused in its session or delivered, never bounced."""

from itertools import product

import pytest

from tests.support.clients.submission import logged_in
from tests.support.mail.message import letter, with_header
from tests.support.wait import wait_until

RECIPIENTS = (
    "{user}",
    "{name}@exämple.test",
    "jürgen@example.test",
    "{name}+ü@{domain}",
)
HEADERS = ("X-Greeting: hello", "X-Greeting: Grüße aus Köln")
OPTIONS = ("", " SMTPUTF8")


@pytest.mark.parametrize("port", [25, 587])
@pytest.mark.provokes("postfix", "Illegal address syntax")
def test_smtputf8_mail_is_delivered_or_refused_at_rcpt(
    spammer, alice, bob, subject, port
):
    """
    Mail with addresses and headers beyond ASCII is delivered, or refused at MAIL or
    RCPT.

    In every combination, with SMTPUTF8 (RFC 6531) declared and without.
    """
    senders = {25: ["a@outside.test", "jürgen@outside.test"]}.get(
        port, [alice.address, alice.address.replace("@", "+ü@")]
    )
    name, _, domain = bob.address.partition("@")
    to = [
        each.format(user=bob.address, name=name, domain=domain) for each in RECIPIENTS
    ]
    answers, taken = {}, 0
    with spammer.session() if port == 25 else logged_in(alice) as session:
        for case in product(senders, to, HEADERS, OPTIONS):
            sender, recipient, header, option = case
            session.say("RSET")
            answers[case] = session.say(f"MAIL FROM:<{sender}>{option}")
            if answers[case].code == 250:
                answers[case] = session.say(f"RCPT TO:<{recipient}>")
            if answers[case].code == 250:
                author = alice.address if port == 587 else "a@outside.test"
                message = with_header(letter(author, bob.address, subject), header)
                answers[case] = session.transmit(message)
                taken += answers[case].code == 250

    assert {answer.code // 100 for answer in answers.values()} <= {2, 5}
    assert answers[senders[0], bob.address, HEADERS[1], OPTIONS[1]].code == 250
    wait_until(lambda: bob.subjects().count(subject) == taken, f"all {taken}")


@pytest.mark.core
@pytest.mark.parametrize("port", [25, 587])
@pytest.mark.provokes("dovecot", r"invalid recipient address `alice@example\.test\.'")
@pytest.mark.parametrize(
    "form",
    [
        "postmaster",
        "POSTMASTER",
        "{name}@[127.0.0.1]",
        "{name}@[{address}]",
        "{name}@[IPv6:::1]",
        "{name}@{domain}.",
        '"{name}"@{domain}',
        "{name}",
    ],
)
def test_unusual_forms_of_local_addresses_are_delivered_or_refused(
    server, spammer, alice, subject, port, form
):
    """
    An address literal or other unusual form of an address is delivered to, or refused.
    """
    networks = server.project.networks("postfix")
    address = next(iter(networks.values()))["IPAddress"]
    name, _, domain = alice.address.partition("@")
    to = form.format(name=name, domain=domain, address=address)
    sender = alice.address if port == 587 else "a@outside.test"

    with spammer.session() if port == 25 else logged_in(alice) as session:
        reply = session.deliver(letter(sender, alice.address, subject), sender, [to])

    assert reply.code == 250 or 500 <= reply.code < 560
    if reply.code == 250 or to.lower() == "postmaster":
        assert alice.receive(subject)
