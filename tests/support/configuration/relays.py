"""Relays in .env and logins to them, for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.configuration.reload import await_reload
from tests.support.configuration.templates import settings
from tests.support.mail.mailbox import Received
from tests.support.server.project import Project
from tests.support.world import RELAY
from tests.support.world.name_servers.published_zone import publish

# The relay's customers, as tests/support/world/images/relay/Dockerfile makes them.
FIRST = ("first@relay.test", "first-secret-of-ours")
SECOND = ("second@relay.test", "second-secret-of-ours")

# Domains of ours, each named for what is special about its relay.
ROUTES = {
    "starttls.test": f"{RELAY}:587",
    "shared.test": f"{RELAY}:587",
    "tls.test": f"{RELAY}:465",
    "untrusted.test": f"{RELAY}:588",
    "misnamed.test": "relay.test:587",
    "clear.test": f"{RELAY}:2525",
    "generous.test": f"{RELAY}:2526",
}


def by_domain(*domains: str) -> str:
    """Write RELAY_BY_DOMAIN for *domains*."""
    return ",".join(f"{domain}/{ROUTES[domain]}" for domain in domains)


@contextmanager
def relaying(
    project: Project, logins: dict[str, tuple[str, str]], **wanted: str
) -> Iterator[None]:
    """Have *logins* by relay, and keys of .env otherwise, in force for a while."""
    try:
        with settings(project, **wanted):
            _run(project, *(_login(relay, *login) for relay, login in logins.items()))
            yield
    finally:
        _run(project, *(f"stack relay logout {relay}" for relay in logins))


@contextmanager
def logged_in(project: Project, relay: str, *login: str) -> Iterator[None]:
    """Have a *login*, name and password, for *relay* for a while."""
    log_in(project, relay, *login)
    try:
        yield
    finally:
        project.stack("relay", "logout", relay)
        await_reload(project)


def log_in(project: Project, relay: str, name: str, password: str) -> None:
    """Store a login with `stack relay login`."""
    command = ("relay", "login", relay, name, "--password-stdin")
    project.stack(*command, stdin=f"{password}\n")
    await_reload(project)


def _login(relay: str, name: str, password: str) -> str:
    return f"echo {password} | stack relay login {relay} {name} --password-stdin"


def _run(project: Project, *commands: str) -> None:
    project.as_root("\n".join([*commands, "stack init --yes"]))
    publish(project)
    await_reload(project)


def relay_received_header(received: Received) -> str:
    """Return the Received line of the relay, empty if the relay wasn't involved."""
    found = [line for line in received.all("Received") if f"by {RELAY}" in line]
    return found[0] if found else ""
