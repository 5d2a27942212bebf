"""Logins, passwords, addresses and folders match in every Unicode form."""

import re
from unicodedata import normalize

import pytest

from tests.support.clients.login import log_in, logged_in
from tests.support.dkim.signatures import Signature, records_to_publish, signatures
from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import letter, with_header, without_header
from tests.support.server.accounts import open_account, operate
from tests.support.wait import wait_until

NAME = "xn--gre-6ka8l.test"
ERIN = f"erin@{NAME}"
# In Unicode, with capitals, and decomposed, as macOS has it; the ß is no ss.
WRITTEN = ["erin@grüße.test", "Erin@GRÜẞE.Test", normalize("NFD", "erin@grüße.test")]

PASSWORD = "Zoë fährt über Łódź"
TYPED = {
    "composed": PASSWORD,
    "decomposed": normalize("NFD", PASSWORD),
    "half": PASSWORD.replace("ë", "e\u0308"),
    "a no-break space": PASSWORD.replace(" ", "\u00a0", 1),
    "a wide space": normalize("NFD", PASSWORD).replace(" ", "\u3000"),
}
OTHERS = {
    "without accents": "Zoe fahrt uber Łodz",
    "in capitals": PASSWORD.upper(),
    "without spaces": PASSWORD.replace(" ", ""),
    "cut off": PASSWORD[:-1],
}


@pytest.fixture(scope="module")
def erin(server, alice):
    """Add a user in a domain, with address and password in decomposed form."""
    decomposed = normalize("NFD", "grüße.test")
    server.project.stack("domain", "add", decomposed)
    words = ("user", "add", f"erin@{decomposed}", "--password-stdin")
    server.project.stack(*words, stdin=TYPED["decomposed"])
    yield Mailbox(ERIN, PASSWORD, server)
    operate(server.project, f"user remove {ERIN}", f"domain remove {NAME}")


@pytest.fixture(scope="module")
def frida(server, erin):
    """Add a second user in that domain, with an ASCII password."""
    frida = open_account(server, f"frida@{NAME}")
    yield frida
    operate(server.project, f"user remove {frida.address}")


@pytest.mark.core
@pytest.mark.parametrize("login", [*WRITTEN, ERIN])
def test_a_login_may_write_its_domain_in_unicode(server, erin, login):
    """
    A login may write its domain in Unicode or in A-labels, for SMTP and IMAP.

    In any case and normal form. Later messages name the A-labels.
    """
    other = letter("alice@example.test", erin.address, "x")

    with logged_in(server, login, PASSWORD) as session:
        refused = session.deliver(other, ERIN, [ERIN])

    assert f"does not belong to {ERIN}" in str(refused)
    assert "tag OK" in _read(server, login, PASSWORD)


def _read(server, login: str, password: str) -> str:
    """Log in to IMAP, and return what the server says."""
    words = (f"{{{len(word.encode())}+}}\r\n{word}" for word in (login, password))
    with server.connect(993, server.trust) as session:
        return session.say(f"LOGIN {' '.join(words)}")


@pytest.mark.core
@pytest.mark.provokes("postfix", r"SASL PLAIN authentication failed")
def test_a_password_may_be_typed_in_any_normal_form(server, erin):
    """A password in another Unicode normal form is the same password (RFC 8265)."""
    answers = log_in(server, 465, *((ERIN, typed) for typed in TYPED.values()))
    others = log_in(server, 465, *((ERIN, typed) for typed in OTHERS.values()))

    assert dict(zip(TYPED, (each.code for each in answers), strict=True)) == (
        dict.fromkeys(TYPED, 235)
    )
    assert dict(zip(OTHERS, (each.code for each in others), strict=True)) == (
        dict.fromkeys(OTHERS, 535)
    )


def test_a_password_may_be_typed_in_any_normal_form_for_imap(server, erin):
    """IMAP takes a password in any Unicode normal form, too."""
    answers = [_read(server, ERIN, typed) for typed in TYPED.values()]

    assert [answer for answer in answers if "tag OK" not in answer] == []


@pytest.mark.core
@pytest.mark.parametrize("address", WRITTEN)
def test_a_login_may_send_from_its_address_in_unicode(
    server, erin, stranger, subject, address
):
    """
    A login may write its own address in Unicode in MAIL FROM:, From: and Sender:.

    RFC 6531, 6532. The envelope leaves in A-labels, and the message is signed as that
    domain.
    """
    name = subject.split()[-1]
    written = address.replace("@", f"+{name}@")
    message = _letter(written, stranger.address, subject)
    message = with_header(message, f'Sender: "{address}" <{written}>')

    def reply():
        with logged_in(server, address, PASSWORD) as session:
            return session.deliver(message, written, [stranger.address], " SMTPUTF8")

    wait_until(lambda: reply().code == 250, "signed mail of erin")

    received = stranger.receive(subject)
    assert received.all("Return-Path") == [f"<erin+{name}@{NAME}>"]
    assert set(signatures(received, records_to_publish(server))) == {
        Signature(NAME, algorithm, valid=True)
        for algorithm in ("rsa-sha256", "ed25519-sha256")
    }


@pytest.mark.core
@pytest.mark.parametrize("address", WRITTEN)
def test_another_users_address_in_unicode_is_refused(server, erin, bob, address):
    """
    Another user's address in Unicode is refused in the envelope, in From: and as a
    name.
    """
    hidden = f'"{address}" <{bob.address}>'
    with logged_in(server, bob.address, bob.password) as session:
        envelope = session.deliver(b"", address, [bob.address], " SMTPUTF8")
        session.say("RSET")
        headers = [
            session.deliver(
                _letter(author, bob.address, "x"),
                bob.address,
                [bob.address],
                " SMTPUTF8",
            )
            for author in (address, hidden)
        ]

    assert re.search(rf"553 5\.7\.1 <{ERIN}>.* not owned by user bob", str(envelope))
    for reply in headers:
        assert f"550 5.7.1 <{ERIN}>" in str(reply).lower()


def _letter(author: str, to: str, subject: str) -> bytes:
    message = without_header(letter(ERIN, to, subject), "From")
    return with_header(message, f"From: {author}")


@pytest.mark.core
@pytest.mark.parametrize("address", WRITTEN)
def test_mail_to_an_address_in_unicode_is_delivered(frida, spammer, subject, address):
    """
    Mail to an address in Unicode, in any case and normal form, reaches the mailbox.
    """
    to = re.sub("(?i)erin", "Frida+x", address)
    message = letter("a@outside.test", frida.address, subject)

    reply = spammer.send(to, message, options=" SMTPUTF8")

    assert reply.code == 250, str(reply)
    assert frida.receive(subject)


def test_stack_takes_addresses_in_unicode(server, erin, alice, subject):
    """Aliases and rights to send that `stack` gets in Unicode hold for all forms."""
    given = [normalize("NFD", "info@grüße.test"), "@shop.GRÜßE.test"]
    server.project.stack("alias", "add", given[0], alice.address)
    server.project.stack("sendas", "add", alice.address, given[1])
    try:
        with logged_in(server, alice.address, alice.password) as session:
            replies = [
                session.deliver(
                    _letter(sender, ERIN, subject), sender, [ERIN], " SMTPUTF8"
                )
                for sender in ("info@Grüße.test", normalize("NFD", "a@shop.grüße.test"))
            ]
    finally:
        server.project.stack("alias", "remove", "info@grüße.test", alice.address)
        server.project.stack("sendas", "remove", alice.address, "@shop.grüße.test")

    assert [reply.code for reply in replies] == [250, 250], replies


@pytest.fixture
def blocked(server, alice):
    """Have alice block a domain, written decomposed."""
    entry = f"--user {alice.address} {normalize('NFD', '@köln.test')}"
    operate(server.project, f"spam block add {entry}")
    yield
    operate(server.project, f"spam block remove {entry}")


def test_a_blocked_domain_is_matched_in_any_unicode_form(
    blocked, alice, spammer, subject
):
    """
    A blocked domain is matched in any Unicode form of From:, and no other domain is.
    """
    written = ["@köln.test", "@KÖLN.Test", normalize("NFD", "@köln.test")]

    for number, domain in enumerate([*written, "@koln.test"]):
        message = _letter(f"news{domain}", alice.address, f"{subject} {number}.")
        assert spammer.send(alice.address, message).code == 250

    for number in range(3):
        assert alice.receive(f"{subject} {number}.", folder="Junk")
    assert alice.receive(f"{subject} 3.")
