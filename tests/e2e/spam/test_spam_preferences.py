"""Thresholds, welcome lists and block lists apply at once, for one user or for all."""

import itertools
import json
import secrets
import shlex
from contextlib import contextmanager

import pytest

from tests.support.faults.services import stopped
from tests.support.mail.lmtp import authenticated, beside_dovecot, hand_over, scored
from tests.support.mail.message import PUSHY, letter, with_header
from tests.support.server.accounts import open_account, operate

HOME = "/srv/vmail/example.test/alice"


@pytest.fixture
def shop():
    """A sender's domain that no other test knows."""
    return f"shop-{secrets.token_hex(4)}.test"


@contextmanager
def threshold(server, mailbox, points):
    """Have a user's own threshold for a while."""
    operate(server.project, f"spam threshold {mailbox.address} {points}")
    try:
        yield
    finally:
        operate(server.project, f"spam threshold {mailbox.address} --site")


@contextmanager
def without_wishes(project):
    """Take away for a while what Dovecot reads them from, and nothing else."""
    script = """
import sqlite3, sys
accounts = sqlite3.connect("var/accounts/accounts.db")
view = accounts.execute("SELECT sql FROM sqlite_master WHERE name = 'sieve_scripts'")
print((view.fetchone() or [""])[0])
accounts.execute(sys.argv[1])
"""
    run = f"python3 -c {shlex.quote(script)} "
    # Not under Dovecot's hands: what has the tables open fails once when they change.
    with stopped(project, "dovecot"):
        sql = project.as_root(run + "'DROP VIEW sieve_scripts'")
    try:
        yield
    finally:
        with stopped(project, "dovecot"):
            project.as_root(run + shlex.quote(sql))


@pytest.fixture(scope="module")
def beside(server):
    """Have a container from which mail is handed to Dovecot."""
    with beside_dovecot(server.project) as container:
        yield container


@pytest.fixture
def arrivals(beside, subject):
    """Hand letters to Dovecot, and tell in which folder of whom each has arrived."""

    numbers = itertools.count()

    def arrive(*letters):
        """Take (mailbox, sender, points, headers...) and return the folders."""
        named = [(f"{subject} {next(numbers)}.", *each) for each in letters]
        raw = [
            (box.address, scored(sender, box.address, name, *rest))
            for name, box, sender, *rest in named
        ]
        assert hand_over(beside, *raw) == [250] * len(raw)
        boxes = {box.address: box for _, box, *_ in named}
        lying = {address: folders(box, subject) for address, box in boxes.items()}
        places = [lying[box.address].get(name, []) for name, box, *_ in named]
        assert {len(each) for each in places} == {1}, f"{named}: {places}"
        return [folder for (folder,) in places]

    return arrive


def folders(mailbox, subject):
    """Tell of each message about *subject*, by its name, in which folders it lies."""
    found = {}
    with mailbox.imap() as client:
        for *_, folder in client.list_folders():
            client.select_folder(folder, readonly=True)
            messages = client.search(["SUBJECT", subject])
            for each in client.fetch(messages, ["ENVELOPE"]).values():
                name = each[b"ENVELOPE"].subject.decode()
                found.setdefault(name, []).append(folder)
    return found


@pytest.mark.parametrize("form", ["{}", pytest.param("@{}", marks=pytest.mark.core)])
def test_a_blocked_sender_lands_in_the_junk_of_who_blocked(
    server, alice, bob, spammer, subject, shop, form
):
    """From the next message on, and for nobody else; the mail is not refused."""
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


def test_an_entry_covers_what_it_names_and_no_more(server, alice, shop, arrivals):
    """Neither the domain of an address, nor what is below or like a domain."""
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


def test_an_entry_ends_when_it_is_removed(server, alice, shop, arrivals):
    """At once, as it began."""
    options = f"--user {alice.address} @{shop}"
    operate(server.project, f"spam block add {options}")
    before = arrivals((alice, f"a@{shop}", 0))
    operate(server.project, f"spam block remove {options}")

    assert before == ["Junk"]
    assert arrivals((alice, f"a@{shop}", 0)) == ["INBOX"]


def test_user_entry_overrides_site_entry(server, alice, bob, shop, arrivals):
    """A user's own entry takes the place of the site's of the same name."""
    operate(
        server.project,
        f"spam block add @{shop}",
        f"spam welcome add --user {alice.address} @{shop}",
    )

    folders = arrivals((alice, f"a@{shop}", 0), (bob, f"a@{shop}", 0))

    operate(server.project, f"spam block remove @{shop}")
    assert folders == ["INBOX", "Junk"]


@pytest.mark.core
def test_a_welcome_sender_counts_only_when_proven(server, alice, bob, shop, arrivals):
    """
    What SPF or DKIM proves to be from a welcome domain is no spam, whatever its score.

    The same name that somebody else wrote into From: is worth nothing, also beside
    another From that is proven.
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
def test_words_of_strangers_in_the_verdict_prove_nothing(
    server, alice, shop, arrivals, value
):
    """Values that a sender chooses hold no space and no bracket."""
    operate(server.project, f"spam welcome add --user {alice.address} @{shop}")
    header = f"Authentication-Results: mail.example.test;\n\t{value.format(shop)}"

    assert arrivals((alice, f"a@{shop}", 9, header)) == ["Junk"]


@pytest.mark.core
def test_a_proof_of_ones_own_making_is_taken_off(server, alice, spammer, subject, shop):
    """Postfix removes the header that a stranger forges, and so he isn't welcome."""
    operate(server.project, f"spam welcome add --user {alice.address} @{shop}")
    message = letter(f"a@{shop}", alice.address, subject, PUSHY)

    spammer.send(alice.address, with_header(message, authenticated(shop, proven=True)))

    assert alice.receive(subject, folder="Junk")


def test_what_a_domain_wants_in_quarantine_lands_in_junk(alice, arrivals):
    """DMARC's p=quarantine, when neither SPF nor DKIM proves From."""
    folders = arrivals(
        (alice, "a@q.test", 0, authenticated("q.test", False, "quarantine")),
        (alice, "a@q.test", 0, authenticated("q.test", False, "none")),
    )

    assert folders == ["Junk", "INBOX"]


def test_a_threshold_takes_the_place_of_the_sites(server, alice, bob, arrivals):
    """Lower or higher, from the next message on, for that user alone."""
    with threshold(server, alice, 3):
        lower = arrivals(
            (alice, "a@x.test", 3), (alice, "a@x.test", 2), (bob, "a@x.test", 3)
        )
    with threshold(server, alice, 8):
        higher = arrivals(
            (alice, "b@x.test", 7), (alice, "b@x.test", 8), (bob, "b@x.test", 7)
        )

    assert lower == ["Junk", "INBOX", "INBOX"]
    assert higher == ["INBOX", "Junk", "Junk"]
    assert arrivals((alice, "c@x.test", 7)) == ["Junk"]


def test_a_threshold_holds_for_what_is_scanned_here(
    server, alice, bob, spammer, subject
):
    """What the rules find to be likely spam, some readers want in their inbox."""
    with threshold(server, alice, 14):
        for box in (alice, bob):
            spammer.send(
                box.address, letter("a@outside.test", box.address, subject, PUSHY)
            )
        assert alice.receive(subject).all("X-Spam-Flag") == ["YES"]
        assert bob.receive(subject, folder="Junk")


def test_mail_between_users_is_not_judged(server, alice, bob, subject):
    """It has no score: also the lowest threshold lets it in."""
    with threshold(server, alice, 1):
        bob.send(alice.address, subject)

        assert alice.receive(subject)


def test_a_users_own_script_sorts_what_is_not_junk(server, alice, shop, arrivals):
    """The site's rules come first; what they leave is the user's to sort."""
    script = (
        'require ["fileinto", "mailbox"];'
        f'if address :domain "from" "{shop}" {{ fileinto :create "Sorted"; }}'
    )
    operate(server.project, f"spam block add --user {alice.address} b@{shop}")
    put = 'printf %s "$0" > "$1/.dovecot.sieve" && chown 5005:5005 "$1/.dovecot.sieve"'
    server.project.inside("dovecot", "sh", "-c", put, script, HOME)
    try:
        folders = arrivals(
            (alice, f"b@{shop}", 0), (alice, f"a@{shop}", 0), (alice, "x@other.test", 0)
        )
    finally:
        remove = "rm -f $0/.dovecot.s*"
        server.project.inside("dovecot", "sh", "-c", remove, HOME)

    assert folders == ["Junk", "Sorted", "INBOX"]


def test_without_the_folder_junk_it_is_made_again(server, alice, shop, arrivals):
    """Mail that is filed is never lost, whatever a user does to the folder."""
    operate(server.project, f"spam block add --user {alice.address} @{shop}")
    with alice.imap() as client:
        client.delete_folder("Junk")

    assert arrivals((alice, f"a@{shop}", 0)) == ["Junk"]


def test_a_full_mailbox_takes_what_is_filed_into_junk(server, beside, shop, subject):
    """What Postfix has answered for with 250 is delivered, also to Junk."""
    small = open_account(server, f"small-{secrets.token_hex(4)}@example.test")
    operate(
        server.project,
        f"user quota {small.address} 1K",
        f"spam block add --user {small.address} @{shop}",
    )

    body = scored(f"a@{shop}", small.address, subject, 0) + b"x" * 70 * 40 + b"\n"
    codes = hand_over(beside, *[(small.address, body)] * 2)

    assert codes == [250, 250]
    assert small.subjects("Junk") == [subject, subject]


def test_a_user_who_is_removed_takes_the_wishes_along(server, shop, arrivals):
    """Whoever is given the address next starts without them."""
    address = f"dave-{secrets.token_hex(4)}@example.test"
    open_account(server, address)
    operate(
        server.project,
        f"spam block add --user {address} @{shop}",
        f"spam threshold {address} 1",
        f"user remove {address}",
    )
    dave = open_account(server, address, "--new-mailbox")

    listed = server.project.stack("spam", "block", "list", "--json").stdout
    assert shop not in listed
    assert arrivals((dave, f"a@{shop}", 4)) == ["INBOX"]


def test_a_thousand_entries_are_no_hindrance(server, alice, bob, shop, arrivals):
    """Each of them counts, on either list, and what isn't among them passes."""
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


@pytest.mark.provokes("dovecot", "sieve: |dict")
@pytest.mark.provokes(
    "postfix", "quota-status|SASL|smtpd pid .* exit status 1|throttling"
)
def test_while_wishes_cannot_be_read_mail_waits(server, beside, alice, subject):
    """Mail that a user may have blocked is not let in by accident, nor lost."""
    project, message = server.project, scored("a@x.test", alice.address, subject, 0)
    with without_wishes(project):
        waiting = hand_over(beside, (alice.address, message))

    assert waiting == [451]
    assert hand_over(beside, (alice.address, message)) == [250]
