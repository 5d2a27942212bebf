"""One client can't keep the others out by connections or messages."""

import time
from contextlib import ExitStack

import pytest

from tests.support.clients.container import rcpt_from_container
from tests.support.clients.dialogue import Connection, Smtp
from tests.support.configuration.postscreen import postscreen_settings
from tests.support.configuration.reload import in_use, with_settings
from tests.support.server.project import ADDRESS
from tests.support.wait import wait_until

LIMIT = 3
AT_ONCE = 50


def other_client_is_served(server) -> bool:
    """Say whether a client with another address may send to alice."""
    network = f"{server.project.name}_world"
    answer = rcpt_from_container(
        server.project, network, "postfix", "alice@example.test"
    )
    return answer.startswith("250")


def addresses_in(server, words: str, begin: float) -> set[str]:
    """The clients that the log names in lines with *words*, as name[address]."""
    lines = server.project.lines(["postfix"], since=begin)
    found = [line.text for line in lines if words in line.text]
    return {text.partition(" from ")[2].split()[0].rstrip(":") for text in found}


@pytest.mark.core
@pytest.mark.provokes("postfix", r"Connection concurrency limit exceeded: 51 from \S+ ")
def test_the_51st_connection_at_once_is_refused(server, alice):
    """
    A client's 51st connection at a time gets 421, and other clients are served.

    The log names the client.
    """
    begin = time.time()

    with ExitStack() as stack:
        greetings = [
            stack.enter_context(Smtp(ADDRESS, server.port(25))).greeting
            for _ in range(AT_ONCE + 1)
        ]
        served = other_client_is_served(server)

    assert [reply.code for reply in greetings] == [220] * AT_ONCE + [421]
    assert "4.7.0" in str(greetings[-1])
    assert served
    (client,) = addresses_in(server, "Connection concurrency limit exceeded", begin)
    assert client == f"unknown[{server.project.gateway}]"


def nobody_is_connected(server) -> bool:
    """Say whether Postfix has no connection on port 25 (proc_pid_net(5))."""
    table = server.project.inside("postfix", "cat", "/proc/net/tcp").decode()
    states = [line.split()[3] for line in table.splitlines()[1:] if ":0019 " in line]
    return not {"01", "08"} & set(states)


def test_the_51st_connection_that_waits_for_its_greeting_is_refused(server, alice):
    """
    A client's 51st connection that waits for its greeting gets 421 at once.

    Other clients get their greeting meanwhile.
    """
    with postscreen_settings(server.project, GREETING_DELAY="10"), ExitStack() as stack:
        wait_until(lambda: nobody_is_connected(server), "an end of what was before")
        waiting = [
            stack.enter_context(Connection(ADDRESS, server.port(25)))
            for _ in range(AT_ONCE + 1)
        ]
        heard = [each.line() for each in waiting]
        served = other_client_is_served(server)

    assert [line[:4] for line in heard] == ["220-"] * AT_ONCE + ["421 "]
    assert served


@pytest.mark.provokes("postfix", r"rate limit exceeded: 4 from \S+ for service smtpd$")
def test_connections_and_messages_a_minute_are_limited(server, alice):
    """
    A client over its limit of connections or messages a minute is told to come again.

    Over CONNECTION_RATE_LIMIT with 421, over MESSAGE_RATE_LIMIT with 450. Other clients
    are served meanwhile.
    """
    begin, limit = time.time(), str(LIMIT)
    limits = with_settings(
        server.project, CONNECTION_RATE_LIMIT=limit, MESSAGE_RATE_LIMIT=limit
    )

    with in_use(server.project, limits):
        with Smtp(ADDRESS, server.port(25)) as session:
            session.ehlo()
            messages = [mail(session) for _ in range(LIMIT + 1)]
        greetings = [greeting(server) for _ in range(LIMIT)]
        served = other_client_is_served(server)

    assert messages == [250] * LIMIT + [450]
    assert greetings == [220] * (LIMIT - 1) + [421]
    assert served
    (client,) = addresses_in(server, "Connection rate limit exceeded", begin)
    assert client == f"unknown[{server.project.gateway}]"


def mail(session: Smtp) -> int:
    """Begin a message, and forget it."""
    reply = session.say("MAIL FROM:<a@outside.test>")
    session.say("RSET")
    return reply.code


def greeting(server) -> int:
    """Connect, for a moment."""
    with Smtp(ADDRESS, server.port(25)) as session:
        return session.greeting.code
