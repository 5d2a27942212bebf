"""AUTH PLAIN and LOGIN work in every form; a malformed one is refused."""

import base64

import pytest

from tests.support.clients.login import plain

pytestmark = [
    pytest.mark.core,
    pytest.mark.provokes(
        "postfix", r"SASL \S+ authentication (failed|aborted)|request longer than 12288"
    ),
]


def encoded(text: str) -> str:
    """Write *text* as SASL sends it."""
    return base64.b64encode(text.encode()).decode()


def dialogue(server, *commands: str) -> list[int]:
    """Say *commands* on 465, and whether the session is alive after them."""
    with server.connect(465, server.trust) as session:
        session.ehlo()
        codes = [session.say(command).code for command in commands]
        assert session.say("NOOP").code == 250
    return codes


@pytest.mark.parametrize("port", [587, 465])
def test_only_plain_and_login_are_offered(server, port):
    """The mechanisms PLAIN and LOGIN are offered, and no other."""
    with server.connect(port, server.trust) as session:
        (offer,) = [
            line for line in session.ehlo().lines if line[4:].startswith("AUTH")
        ]

    assert offer[4:].split() == ["AUTH", "PLAIN", "LOGIN"]


def test_each_form_of_plain_and_login_works(server, alice):
    """PLAIN and LOGIN work with and without an initial response, and ignore case."""
    name, password = encoded(alice.address), encoded(alice.password)
    at_once = plain(alice.address, alice.password)
    both = f"{alice.address}\0{alice.address}\0{alice.password}"

    assert dialogue(server, f"AUTH PLAIN {at_once}") == [235]
    assert dialogue(server, "AUTH PLAIN", at_once) == [334, 235]
    assert dialogue(server, "AUTH LOGIN", name, password) == [334, 334, 235]
    assert dialogue(server, f"auth login {name}", password) == [334, 235]
    assert dialogue(server, f"AUTH PLAIN {encoded(both)}") == [235]
    shouted = plain(alice.address.upper(), alice.password)
    assert dialogue(server, f"AUTH PLAIN {shouted}") == [235]


# Lines that are sent, and the code for each (RFC 4954, sections 4 and 6).
WRONG = {
    "no mechanism": (["AUTH"], [501]),
    "unknown mechanism": (["AUTH CRAM-MD5"], [535]),
    "EXTERNAL": (["AUTH EXTERNAL ="], [535]),
    "ANONYMOUS": (["AUTH ANONYMOUS YQ=="], [535]),
    "cancelled PLAIN": (["AUTH PLAIN", "*"], [334, 501]),
    "cancelled LOGIN": (["AUTH LOGIN", "YQ==", "*"], [334, 334, 501]),
    "no base64": (["AUTH LOGIN", "!!!"], [334, 535]),
    "nothing in it": (["AUTH PLAIN ="], [535]),
    "empty user": ([f"AUTH PLAIN {plain('', 'a guess')}"], [535]),
    "endless answer": (["AUTH PLAIN", "A" * 13_000], [334, 500]),
}


@pytest.mark.parametrize(("commands", "codes"), WRONG.values(), ids=WRONG)
def test_an_invalid_login_is_refused_and_the_session_goes_on(server, commands, codes):
    """An invalid login gets the code of the standard, and the next command works."""
    assert dialogue(server, *commands) == codes


def test_another_authorization_identity_is_refused(server, alice, bob):
    """A login with another user as the authorization identity is refused (RFC 4616)."""
    for_bob = encoded(f"{bob.address}\0{alice.address}\0{alice.password}")

    assert dialogue(server, f"AUTH PLAIN {for_bob}") == [535]


def test_a_second_auth_and_one_after_mail_get_503(server, alice):
    """A second AUTH, or one after MAIL, gets 503 (RFC 4954, section 4)."""
    login = f"AUTH PLAIN {plain(alice.address, alice.password)}"

    assert dialogue(server, login, login) == [235, 503]
    assert dialogue(server, f"MAIL FROM:<{alice.address}>", login) == [250, 503]
