"""Accounts on our server, made as an operator makes them."""

import secrets
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.mail.mailbox import Mailbox
from tests.support.server.project import Project
from tests.support.server.server import Server
from tests.support.world.name_servers.published_zone import publish


def open_account(server: Server, address: str, *options: str) -> Mailbox:
    """Add the user *address*, with a password that nobody else knows."""
    password = secrets.token_urlsafe()
    add = ("user", "add", address, "--password-stdin", *options)
    server.project.stack(*add, stdin=password)
    server.project.passwords[address] = password
    return Mailbox(address, password, server)


def operate(project: Project, *commands: str) -> None:
    """Run several `stack` commands, one after the other, with words as a shell has."""
    for command in commands:
        project.stack(*shlex.split(command))


def add_domains(project: Project, *domains: str) -> None:
    """Have more *domains*, with the records that they need."""
    project.stack("domain", "add", *domains)
    publish(project)


def remove_domains(project: Project, *domains: str) -> None:
    """Have *domains* no more."""
    project.stack("domain", "remove", *domains)
    publish(project)


@contextmanager
def aliases(project: Project, **targets: str) -> Iterator[None]:
    """Have aliases for a while; the names are sources, with the targets of each."""
    pairs = [(shlex.quote(source), where) for source, where in targets.items()]
    operate(project, *(f"alias add {source} {where}" for source, where in pairs))
    try:
        yield
    finally:
        # From the last: one that another leads to is not removed.
        gone = [f"alias remove {source}" for source, _ in reversed(pairs)]
        operate(project, *gone)
