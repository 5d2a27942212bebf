"""A password guesser learns no user names, and is limited in rate."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from statistics import median

import pytest

from tests.support.clients.container import run_in_container
from tests.support.clients.login import log_in, plain
from tests.support.configuration.reload import in_use, with_settings
from tests.support.server.accounts import open_account
from tests.support.server.project import Project

# Guesses of each kind, all made at the same time.
SAMPLES = 5


def limited(project: Project, attempts: int) -> AbstractContextManager[None]:
    """Have AUTH_RATE_LIMIT set for a while, and in force when the block begins."""
    return in_use(project, with_settings(project, AUTH_RATE_LIMIT=str(attempts)))


@pytest.fixture
def disabled(server, alice, subject):
    """Open an account and disable it."""
    user = open_account(server, f"{subject.split()[1]}@example.test")
    server.project.stack("user", "disable", user.address)
    return user


def submission(server) -> Callable[[str], str]:
    """Return a function that tries a wrong password on 465, and returns the answer."""
    return lambda user: str(log_in(server, 465, (user, "a guess"))[0])


def imap(server) -> Callable[[str], str]:
    """Return a function that tries a wrong password on 993, and returns the answer."""

    def guess(user: str) -> str:
        with server.connect(993, server.trust) as session:
            return session.say(f'LOGIN {user} "a guess"').splitlines()[-1]

    return guess


@pytest.mark.parametrize("protocol", [submission, imap])
@pytest.mark.provokes("postfix", r"SASL PLAIN authentication failed")
def test_a_wrong_login_does_not_tell_who_exists(server, alice, disabled, protocol):
    """
    A wrong login gets the same answer for a user, an unknown and a disabled one.

    It takes about the same time, too: none of the medians is half of another.
    """
    guess = protocol(server)
    users = [alice.address, "nobody@example.test", disabled.address]

    def timed(user: str) -> tuple[str, str, float]:
        begin = time.monotonic()
        return user, guess(user), time.monotonic() - begin

    with ThreadPoolExecutor(len(users) * SAMPLES) as pool:
        results = list(pool.map(timed, users * SAMPLES))

    medians = [
        median(took for who, _, took in results if who == user) for user in users
    ]
    (answer,) = {answer for _, answer, _ in results}
    assert answer.startswith(("535 5.7.8", "tag NO [AUTHENTICATIONFAILED]"))
    assert max(medians) < 2 * min(medians)


@pytest.mark.core
@pytest.mark.provokes("postfix", r"SASL PLAIN authentication failed")
@pytest.mark.provokes("postfix", "AUTH command rate limit exceeded")
def test_logins_over_the_rate_limit_get_450(server, alice):
    """
    An address over AUTH_RATE_LIMIT gets 450, with a right or wrong password.

    From another address the user logs in as before. The log names the address that the
    guesses came from, for a firewall to read.
    """
    project, begin = server.project, time.time()

    with limited(project, attempts=3):
        answers = log_in(server, 465, *[(alice.address, alice.password)] * 4)
        elsewhere = run_in_container(
            project,
            f"{project.name}_edge",
            "login",
            "postfix",
            plain(alice.address, alice.password),
        )

    log = [
        line.text
        for line in project.lines(["postfix"], begin)
        if "AUTH command rate limit exceeded" in line.text
    ]
    assert sorted(answer.code for answer in answers) == [235, 235, 235, 450]
    assert elsewhere.startswith("235")
    assert log
    assert all(f"[{project.gateway}]" in line for line in log), log
