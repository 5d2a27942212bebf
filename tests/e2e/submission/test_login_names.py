"""No crafted login name opens another mailbox, file or table row."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.clients.login import log_in
from tests.support.mail.message import letter

NAMES = [
    "../x@example.test",
    "x/../../y@example.test",
    "a%00b@example.test",
    "%{home}",
    "%{user}@example.test",
    "*",
    "x' OR 'a'='a",
    "alice@",
    "älice@example.test",
    "a" * 1000 + "@example.test",
]
DETAILS = ["../../bob", "a/b", "..", "{home}", "$HOME"]
PERCENT = ["%{home}", "%h", "%00"]


@pytest.fixture
def mail_root(server, alice, bob):
    """List the mail root on demand, as deep as a mailbox is."""

    def listing() -> set[str]:
        find = ("find", "/srv", "-mindepth", "1", "-maxdepth", "3")
        return set(server.project.inside("dovecot", *find).decode().split())

    for somebody in (alice, bob):
        somebody.subjects()
    return listing


def names_of(alice, bob) -> list[str]:
    """The names to try, with those made of people's own."""
    own = [f"{bob.address}*{alice.address}", f"{alice.address} ", f"{alice.address}\t"]
    return [*NAMES, *own]


@pytest.mark.core
@pytest.mark.provokes("postfix", r"SASL PLAIN authentication failed")
def test_malicious_login_names_are_refused(server, alice, bob, mail_root):
    """
    Login names with paths, wildcards, variables or a master user's `*` are refused.

    With a valid password. Nothing is made under the mail root for them.
    """
    before = mail_root()
    tried = [(name, alice.password) for name in names_of(alice, bob)]

    answers = log_in(server, 465, *tried)

    assert {answer.code for answer in answers} == {535}
    assert mail_root() == before


def test_malicious_login_names_are_refused_in_imap(server, alice, bob, mail_root):
    """IMAP refuses the same login names on port 993."""

    def log_in_to_imap(name: str) -> str:
        with server.connect(993, server.trust) as session:
            literal = f"{{{len(name.encode())}+}}\r\n{name}"
            return session.say(f'LOGIN {literal} "{alice.password}"')

    before = mail_root()

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(log_in_to_imap, names_of(alice, bob)))

    assert [answer for answer in answers if "tag NO" not in answer] == []
    assert mail_root() == before


@pytest.mark.core
def test_an_extension_that_looks_like_a_path_makes_no_folder(
    spammer, alice, bob, subject, mail_root
):
    """
    An extension that looks like a path makes no folder and reaches no other mailbox.

    An address with a percent sign, once a way to route mail, is refused.
    """
    before = mail_root()

    for number, detail in enumerate(DETAILS):
        address = alice.address.replace("@", f"+{detail}@")
        message = letter("a@outside.test", alice.address, f"{subject} {number}")
        assert spammer.send(address, message).code == 250, detail
    for detail in PERCENT:
        address = alice.address.replace("@", f"+{detail}@")
        assert spammer.send(address, b"").code == 554, detail
    for number in range(len(DETAILS)):
        assert alice.receive(f"{subject} {number}")

    assert mail_root() == before
    assert not any(subject in each for each in bob.subjects())
