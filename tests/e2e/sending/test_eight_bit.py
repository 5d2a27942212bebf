"""8-bit text is sent unchanged where the next server takes it, and else recoded."""

import pytest

from tests.support.clients.submission import logged_in
from tests.support.dkim.signatures import (
    records_to_publish,
    signatures,
    verify_with_mail_dkim,
)
from tests.support.harness.tiers import core_rows
from tests.support.mail.eight_bit import (
    ALL,
    CONVERTIBLE,
    SIGNED_OR_ENCRYPTED,
    UNLABELLED,
    content,
    message,
    texts,
)
from tests.support.mail.mailbox import Received
from tests.support.mail.message import crlf, letter
from tests.support.mail.notifications import find_notice, notice
from tests.support.server.accounts import operate
from tests.support.world.sink import Sink

BOTH = {"rsa-sha256", "ed25519-sha256"}


@pytest.fixture(scope="module")
def records(server, alice) -> dict[str, str]:
    """Read the DNS records to publish, once."""
    return records_to_publish(server)


@pytest.fixture
def eight(server, sinks) -> Sink:
    """Return a server with 8BITMIME that records every byte."""
    return Sink(server.project, "sink-eight", "eight.test")


@pytest.fixture
def seven(server, sinks) -> Sink:
    """Return a server without 8BITMIME that records every byte."""
    return Sink(server.project, "sink-plain", "plain.test")


def valid(received: Received, records: dict[str, str]) -> list[str]:
    """Tell which of our signatures hold, by algorithm."""
    return [each.algorithm for each in signatures(received, records) if each.valid]


def has_marker(received: Received) -> bool:
    """Say whether the header by which our own parts mark such mail is still there."""
    return bool(received.all("X-As-It-Is"))


@pytest.mark.parametrize("name", core_rows(ALL, "signed (S/MIME)", "enclosed message"))
def test_eight_bit_mail_reaches_local_users_unchanged(
    alice, bob, records, subject, name
):
    """
    8-bit mail between local users arrives byte for byte.

    So S/MIME and PGP signatures in it verify (RFC 1847), and so do our own.
    """
    sent = message(alice.address, bob.address, subject, ALL[name])

    alice.send(bob.address, message=sent)

    received = bob.receive(subject)
    assert content(received.raw) == content(sent)
    assert set(valid(received, records)) == BOTH
    assert not has_marker(received)


@pytest.mark.parametrize("name", core_rows(ALL, "text", "signed (S/MIME)"))
def test_eight_bit_mail_leaves_unchanged_for_a_server_with_8bitmime(
    alice, eight, records, subject, name
):
    """A server with 8BITMIME (RFC 6152) gets 8-bit mail byte for byte."""
    sent = message(alice.address, "a@eight.test", subject, ALL[name])

    alice.send("a@eight.test", message=sent, options=["BODY=8BITMIME"], port=465)

    session = eight.receive(subject)
    assert content(session.message) == content(sent)
    assert set(valid(Received(session.message), records)) == BOTH
    if name in CONVERTIBLE:
        assert any("BODY=8BITMIME" in each for each in session.commands)


@pytest.mark.parametrize("name", core_rows(CONVERTIBLE, "text", "enclosed message"))
@pytest.mark.parametrize("options", [[], ["BODY=8BITMIME"]], ids=["unsaid", "said"])
def test_eight_bit_mail_is_recoded_for_a_server_without_8bitmime(
    alice, seven, records, subject, name, options
):
    """
    A server without 8BITMIME gets 8-bit text as quoted-printable.

    It is recoded at delivery, and yet both of our signatures verify.
    """
    sent = message(alice.address, "a@plain.test", subject, CONVERTIBLE[name])

    alice.send("a@plain.test", message=sent, options=options)

    session = seven.receive(subject)
    assert session.message.isascii()
    assert texts(session.message) == texts(crlf(sent))
    assert set(valid(Received(session.message), records)) == BOTH


def test_another_library_verifies_recoded_mail(server, alice, seven, records, subject):
    """A second DKIM library finds the signatures on recoded mail valid."""
    sent = message(alice.address, "a@plain.test", subject, CONVERTIBLE["text"])

    alice.send("a@plain.test", message=sent)

    received = Received(seven.receive(subject).message)
    good = {f"{algorithm} pass" for algorithm in BOTH}
    assert good <= verify_with_mail_dkim(server, received, records)


@pytest.mark.parametrize(
    "name", core_rows(SIGNED_OR_ENCRYPTED | UNLABELLED, "signed (S/MIME)")
)
def test_signed_and_encrypted_mail_is_never_recoded(
    alice, seven, records, subject, name
):
    """
    S/MIME or PGP mail is not recoded, even for a server without 8BITMIME.

    Recoding would break the user's signature (RFC 1847, 2.1).
    """
    sent = message(
        alice.address, "a@plain.test", subject, (SIGNED_OR_ENCRYPTED | UNLABELLED)[name]
    )

    alice.send("a@plain.test", message=sent, options=["BODY=8BITMIME"])

    session = seven.receive(subject)
    assert content(session.message) == content(sent)
    assert set(valid(Received(session.message), records)) == BOTH
    assert not has_marker(Received(session.message))


def test_signed_8_bit_mail_reaches_each_recipient_once(
    alice, bob, seven, eight, stranger, records, subject
):
    """
    Signed 8-bit mail to several recipients, here and elsewhere, reaches each once.

    No header is rewritten, and the notices the sender asked for (RFC 3461) are sent.
    """
    entity = SIGNED_OR_ENCRYPTED["signed (S/MIME)"]
    sent = message(bob.address, "alice", subject, entity, "Cc: Bob <bob>, office")
    to = [alice.address, stranger.address, "a@plain.test", "a@eight.test"]
    with logged_in(bob) as session:
        session.say(f"MAIL FROM:<{bob.address}> ENVID={subject.split()[1]} RET=HDRS")
        for each in to:
            assert session.say(f"RCPT TO:<{each}> NOTIFY=SUCCESS").code == 250
        session.say("DATA")
        session.write(crlf(sent) + b".\r\n")
        assert session.reply().code == 250

    arrived = [alice.receive(subject), stranger.receive(subject)]
    arrived += [Received(sink.receive(subject).message) for sink in (seven, eight)]
    told = notice(bob, subject.split()[1], "a@plain.test")

    for each in arrived:
        assert content(each.raw) == content(sent)
        assert each.all("Cc") == ["Bob <bob>, office"]
        assert set(valid(each, records)) == BOTH
    assert told.outcome["a@plain.test"] == "relayed"
    assert not find_notice(bob, subject.split()[1], "127.0.0.1")
    assert alice.subjects().count(subject) == 1


def test_signed_mail_with_utf_8_headers_is_unchanged(alice, bob, records, subject):
    """Signed mail with UTF-8 headers (RFC 6532) arrives byte for byte."""
    entity = SIGNED_OR_ENCRYPTED["signed (S/MIME)"]
    sent = message(alice.address, bob.address, subject, entity, "X-Name: Zoë")

    alice.send(bob.address, message=sent, options=["SMTPUTF8", "BODY=8BITMIME"])

    received = bob.receive(subject)
    assert content(received.raw) == content(sent)
    assert "Zoë".encode() in received.raw
    assert set(valid(received, records)) == BOTH


def test_a_forged_x_as_it_is_does_not_prevent_recoding(alice, seven, subject):
    """A user's own header X-As-It-Is doesn't prevent the recoding."""
    entity = CONVERTIBLE["text"]
    sent = message(alice.address, "a@plain.test", subject, entity, "X-As-It-Is: yes")

    alice.send("a@plain.test", message=sent)

    assert seven.receive(subject).message.isascii()


def test_a_bounce_verifies_at_a_server_without_8bitmime(
    server, alice, spammer, seven, records, subject
):
    """
    A bounce, which Postfix labels as 8-bit, verifies at a server without 8BITMIME.
    """
    name = subject.split()[1]
    alias = f"{name}@example.test"
    operate(server.project, f"alias add {alias} {name}@outside.test")
    sender = "a@plain.test"

    assert spammer.send(alias, letter(sender, alias, subject), sender).code == 250

    bounce = Received(seven.receive("Undelivered Mail Returned to Sender").message)
    assert name in bounce.raw.decode("ascii")
    assert set(valid(bounce, records)) == BOTH


def test_a_bounce_of_utf_8_mail_is_not_recoded(alice, records, subject):
    """
    A bounce of mail with UTF-8 headers (RFC 6533) is not recoded.

    Postfix would recode the report, and call it 7bit.
    """
    unknown = f"{subject.split()[1]}@outside.test"
    entity = SIGNED_OR_ENCRYPTED["signed (S/MIME)"]
    sent = message(alice.address, unknown, subject, entity, "X-Name: Zoë")

    alice.send(unknown, message=sent, options=["SMTPUTF8", "BODY=8BITMIME"])

    bounce = notice(alice, unknown, "Undelivered Mail Returned to Sender")
    assert "message/global-delivery-status" in bounce.raw.decode()
    assert set(valid(bounce, records)) == BOTH
    assert not has_marker(bounce)


@pytest.mark.core
@pytest.mark.parametrize("port", [10025, 10027])
def test_the_port_that_bypasses_recoding_is_open_to_postfix_only(server, port):
    """
    The port by which such mail bypasses recoding is open to Postfix alone.

    So is the one by which mail that is forwarded gets another sender.
    """
    connect = f"import socket; socket.create_connection(('postfix', {port}), 5)"
    look = f"try:\n {connect}\nexcept ConnectionRefusedError: print('refused')"

    said = server.project.inside("dkim-sign", "python3", "-c", look)

    assert said == b"refused\n"


@pytest.mark.parametrize("name", ["signed (S/MIME)", "enclosed message"])
def test_received_8_bit_mail_is_unchanged(alice, stranger, subject, name):
    """
    Received 8-bit mail, signed or with a message enclosed, is in the mailbox unchanged.
    """
    sent = message(stranger.address, alice.address, subject, ALL[name])

    stranger.send(alice.address, message=sent)

    assert content(alice.receive(subject).raw) == content(sent)
