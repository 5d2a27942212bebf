"""Welcome and blocked senders of a user and of the site."""

import json

import pytest

from tests.support.mail.lmtp import authenticated
from tests.support.mail.message import PUSHY, letter, with_header
from tests.support.server.accounts import operate


@pytest.mark.parametrize("form", ["{}", pytest.param("@{}", marks=pytest.mark.core)])
def test_a_blocked_senders_mail_goes_to_that_users_junk(
    server, alice, bob, spammer, subject, shop, form
):
    """
    A blocked sender's mail goes to Junk of the user who blocked, and of nobody else.
    """
    sender = f"news@{shop}"
    entry = form.format(sender if form == "{}" else shop)
    operate(server.project, f"spam block add --user {alice.address} {entry}")

    replies = [
        spammer.send(box.address, letter(f"N <{sender.upper()}>", box.address, subject))
        for box in (alice, bob)
    ]

    assert [each.code for each in replies] == [250, 250]
    assert alice.receive(subject, folder="Junk").message["Subject"] == subject
    assert bob.receive(subject)


def test_an_entry_matches_only_its_address_or_domain(server, alice, shop, arrivals):
    """An entry matches its address or domain, and no subdomain or similar name."""
    operate(server.project, f"spam block add --user {alice.address} a@{shop} @b.{shop}")

    folders = arrivals(
        (alice, f"b@{shop}", 0),
        (alice, f"a@x.{shop}", 0),
        (alice, f"xa@{shop}", 0),
        (alice, f"a@{shop}.test", 0),
        (alice, f"x@a.b.{shop}", 0),
        (alice, f"x@xb.{shop}", 0),
        (alice, f"a@{shop}", 0),
        (alice, f"x@b.{shop}", 0),
    )

    assert folders == ["INBOX"] * 6 + ["Junk"] * 2


def test_a_removed_entry_no_longer_matches(server, alice, shop, arrivals):
    """A removed entry doesn't match the next message."""
    options = f"--user {alice.address} @{shop}"
    operate(server.project, f"spam block add {options}")
    before = arrivals((alice, f"a@{shop}", 0))
    operate(server.project, f"spam block remove {options}")

    assert before == ["Junk"]
    assert arrivals((alice, f"a@{shop}", 0)) == ["INBOX"]


def test_user_entry_overrides_site_entry(server, alice, bob, shop, arrivals):
    """A user's own entry overrides the site's entry for the same sender."""
    operate(
        server.project,
        f"spam block add @{shop}",
        f"spam welcome add --user {alice.address} @{shop}",
    )

    folders = arrivals((alice, f"a@{shop}", 0), (bob, f"a@{shop}", 0))

    operate(server.project, f"spam block remove @{shop}")
    assert folders == ["INBOX", "Junk"]


@pytest.mark.core
def test_a_welcome_sender_must_be_authenticated(server, alice, bob, shop, arrivals):
    """
    A welcome sender's mail is no spam only if SPF or DKIM authenticates its From:.

    A forged From: is not enough, also beside another From: that is authenticated.
    """
    operate(server.project, f"spam welcome add --user {alice.address} @{shop}")
    sender, proof = f"a@{shop}", authenticated(shop, proven=True)

    folders = arrivals(
        (alice, sender, 9, proof),
        (bob, sender, 9, proof),
        (alice, sender, 9, authenticated(shop, proven=False)),
        (alice, sender, 9),
        (alice, f"{sender}, b@evil.test", 9, authenticated("evil.test", proven=True)),
        (alice, sender, 9, authenticated("x.test", proven=True), "From: b@evil.test"),
        (alice, "b@evil.test", 9, authenticated("evil.test", proven=True)),
    )

    assert folders == ["INBOX"] + ["Junk"] * 6


@pytest.mark.parametrize(
    "value",
    [
        "spf=pass smtp.mailfrom=from=proven@evil.test;\n\tdmarc=fail (p=none"
        " dis=none from=unproven) header.from={}",
        "dkim=pass (ok) header.d=evil.test header.i=from=proven@evil.test",
    ],
)
def test_sender_chosen_words_in_the_verdict_authenticate_nothing(
    server, alice, shop, arrivals, value
):
    """Words that a sender can put into Authentication-Results don't authenticate it."""
    operate(server.project, f"spam welcome add --user {alice.address} @{shop}")
    header = f"Authentication-Results: mail.example.test;\n\t{value.format(shop)}"

    assert arrivals((alice, f"a@{shop}", 9, header)) == ["Junk"]


@pytest.mark.core
def test_a_forged_authentication_header_makes_no_sender_welcome(
    server, alice, spammer, subject, shop
):
    """
    A forged Authentication-Results header is removed, and makes no sender welcome.
    """
    operate(server.project, f"spam welcome add --user {alice.address} @{shop}")
    message = letter(f"a@{shop}", alice.address, subject, PUSHY)

    spammer.send(alice.address, with_header(message, authenticated(shop, proven=True)))

    assert alice.receive(subject, folder="Junk")


def test_a_thousand_entries_on_each_list_work(server, alice, bob, shop, arrivals):
    """With a thousand entries on each list, each matches, and other senders don't."""
    blocked = " ".join(f"someone-{n}@domain-{n}.{shop}" for n in range(1000))
    welcome = " ".join(f"@friend-{n}.{shop}" for n in range(1000))
    lists = f"spam {{}} {{}} --user {bob.address} {{}}"
    operate(
        server.project,
        lists.format("block", "add", blocked),
        lists.format("welcome", "add", welcome),
    )

    folders = arrivals(
        (bob, f"someone-0@domain-0.{shop}", 0),
        (bob, f"someone-999@domain-999.{shop}", 0),
        (bob, f"someone-999@domain-998.{shop}", 0),
        (bob, f"a@friend-999.{shop}", 9, authenticated(f"friend-999.{shop}", True)),
        (alice, f"someone-999@domain-999.{shop}", 0),
    )

    held = json.loads(
        server.project.stack(
            "spam", "block", "list", "--user", bob.address, "--json"
        ).stdout
    )
    operate(
        server.project,
        lists.format("block", "remove", blocked),
        lists.format("welcome", "remove", welcome),
    )
    assert folders == ["Junk", "Junk", "INBOX", "INBOX", "INBOX"]
    assert len([each for each in held if each["user"] == bob.address]) >= 1000
