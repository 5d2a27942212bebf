"""The same user name in a hundred domains belongs to a hundred people."""

import json
import secrets
from time import monotonic

import pytest

from tests.support.clients.login import log_in, logged_in
from tests.support.dkim.signatures import Signature, records_to_publish, signatures
from tests.support.mail.mailbox import Received
from tests.support.mail.message import letter, new_subject
from tests.support.server.accounts import open_account, operate
from tests.support.wait import wait_until

DOMAINS = [f"d{number}.hundred.invalid" for number in range(1, 101)]

# The operator's own command, without a new Python for each account.
OPEN = """
import io, json, sys
from stack.cli import main

for address, password in json.load(sys.stdin).items():
    sys.stdin = io.TextIOWrapper(io.BytesIO(password.encode()))
    main(["user", "add", address, "--password-stdin"], standalone_mode=False)
"""
CLOSE = """
import json, sys
from stack.cli import main

for address in json.load(sys.stdin):
    main(["user", "remove", address], standalone_mode=False)
"""


def run(project, script, data) -> None:
    """Run a Python *script* in one container of the operator's command."""
    command = ("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint=python3", "stack")
    project.compose(*command, "-c", script, stdin=json.dumps(data))


@pytest.fixture(scope="module")
def passwords(server, alice, record_testsuite_property):
    """Add the domains and a user `info` in each; yield the passwords by address."""
    project = server.project
    began = monotonic()
    project.stack("domain", "add", *DOMAINS)
    record_testsuite_property("seconds to add 100 domains", monotonic() - began)
    users = {f"info@{domain}": secrets.token_urlsafe() for domain in DOMAINS}
    run(project, OPEN, users)
    yield users
    run(project, CLOSE, list(users))
    project.stack("domain", "remove", *DOMAINS)


@pytest.fixture(scope="module")
def delivered(server, passwords):
    """
    Have one login write from each domain to its `info`; yield what arrived, by user.
    """
    subject = new_subject()
    program = open_account(server, "program@example.test")
    rights = " ".join(f"@{domain}" for domain in DOMAINS)
    operate(server.project, f"sendas add program {rights}")

    def send(domain: str) -> int:
        sender, to = f"news@{domain}", f"info@{domain}"
        return session.deliver(letter(sender, to, subject), sender, [to]).code

    # A connection signs with the keys that there were when it began.
    wait_until(lambda: signs(program), "signed mail of the last domain")
    with logged_in(server, program.address, program.password) as session:
        assert {send(domain) for domain in DOMAINS} == {250}
    wait_until(lambda: len(found(server, subject)) == 100, "a hundred letters", 60)
    yield found(server, subject)
    operate(server.project, f"user remove {program.address}")


def signs(program) -> bool:
    """Say whether the signer knows the last of the domains already."""
    with logged_in(program.server, program.address, program.password) as session:
        sender = f"news@{DOMAINS[-1]}"
        message = letter(sender, program.address, "Can we sign?")
        return session.deliver(message, sender, [program.address]).code == 250


def found(server, subject) -> list[tuple[str, Received]]:
    """Look into all mailboxes at once for messages about *subject*."""
    query = ("mailbox", "INBOX", "SUBJECT", subject)
    output = server.project.inside(
        "dovecot", "doveadm", "-f", "json", "fetch", "-A", "user text", *query
    )
    return [
        (each["username"], Received(each["text"].encode()))
        for each in json.loads(output)
    ]


@pytest.mark.core
def test_the_same_name_in_a_hundred_domains_is_a_hundred_users(delivered):
    """The same name in a hundred domains is a hundred users, each with its own mail."""
    assert sorted(user for user, _ in delivered) == sorted(
        f"info@{domain}" for domain in DOMAINS
    )
    assert all(received.message["To"] == user for user, received in delivered)


@pytest.mark.core
def test_each_of_a_hundred_domains_signs_with_its_own_keys(server, delivered):
    """Each of a hundred domains signs its mail with its own keys."""
    records = records_to_publish(server)

    keys = [name for name in records if "_domainkey" in name and "hundred" in name]
    assert len({records[name] for name in keys}) == 200
    for user, received in delivered:
        domain = user.partition("@")[2]
        assert set(signatures(received, records)) == {
            Signature(domain, algorithm, valid=True)
            for algorithm in ("rsa-sha256", "ed25519-sha256")
        }


@pytest.mark.provokes("postfix", r"SASL \w+ authentication failed")
def test_a_password_is_valid_in_one_of_a_hundred_domains(server, passwords):
    """The password of a name in one domain is refused for the same name in another."""
    seventh, eighth = f"info@{DOMAINS[6]}", f"info@{DOMAINS[7]}"

    answers = log_in(
        server,
        587,
        (seventh, passwords[seventh]),
        (seventh, passwords[eighth]),
        (eighth, passwords[seventh]),
    )

    assert [answer.code for answer in answers] == [235, 535, 535]


def test_each_of_a_hundred_domains_has_a_postmaster(passwords, alice, spammer, subject):
    """
    Postmaster of each of a hundred domains is accepted, and reaches the first user.
    """
    replies = spammer.ask(*(f"postmaster@{domain}" for domain in DOMAINS))
    to = f"postmaster@{DOMAINS[41]}"
    spammer.send(to, letter("a@outside.test", to, subject))

    assert {reply.code for reply in replies} == {250}
    assert alice.receive(subject).message["To"] == to
