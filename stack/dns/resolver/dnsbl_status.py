"""Tests each list in DNSBL: a list may refuse our resolver, or be shut down."""

import socket
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from stack.system import endpoints
from stack.system.parallel import at_once

# Test points (RFC 5782 §5): every list has the first address, and none the second.
LISTED, UNLISTED = "127.0.0.2", "127.0.0.1"
REFUSAL = "127.255.255."

ANSWERS = "answers"
REFUSES = "refuses us: we ask through a public resolver, or too often"
SILENT = f"doesn't answer for its test point, {LISTED}"
SLOW = "doesn't answer at once: what it says may come too late to count"
LISTS_ALL = "lists everybody: take it out of DNSBL"
NOT_ASKED = "not asked: postfix isn't running"

# Returns the IPv4 addresses of a name; empty if it has none or nobody answers.
Lookup = Callable[[str], list[str]]


# States that pass by themselves: mail is judged without the list meanwhile.
TRANSIENT = (SILENT, SLOW, NOT_ASKED)

# Seconds. All are asked at once.
TIMEOUT = 1.0


def statuses(root: Path, zones: Iterable[str]) -> list[tuple[str, str]]:
    """
    Return each list of *zones* with its status, for the project at *root*.

    The query runs in Postfix's container, or in this one if it is ours. So it uses the
    resolver that Postfix uses to look up clients.
    """
    zones, lookup = list(zones), _resolver_of_postfix(root)
    if not lookup:
        return [(zone, NOT_ASKED) for zone in zones]
    tasks = [partial(status, zone, lookup) for zone in zones]
    return list(zip(zones, at_once(tasks, TIMEOUT, SLOW), strict=True))


def status(zone: str, lookup: Lookup) -> str:
    """Return ANSWERS, or what is wrong with the list *zone*."""
    found = lookup(_name(LISTED, zone))
    if any(address.startswith(REFUSAL) for address in found):
        return REFUSES
    if not found:
        return SILENT
    return LISTS_ALL if lookup(_name(UNLISTED, zone)) else ANSWERS


def _name(address: str, zone: str) -> str:
    # The dot at the end keeps the resolver from its search list.
    return f"{'.'.join(reversed(address.split('.')))}.{zone}."


def _resolver_of_postfix(root: Path) -> Lookup | None:
    containers = endpoints.containers(root)
    if containers is None:
        return _look_up
    for each in containers:
        if each.labels[endpoints.SERVICE] == "postfix" and each.status == "running":
            return _within(each)
    return None


def _look_up(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror:
        return []
    return [str(place[0]) for *_, place in found]


def _within(container: Any) -> Lookup:
    def lookup(name: str) -> list[str]:
        _, output = container.exec_run(["getent", "ahostsv4", name])
        return [line.split()[0] for line in output.decode().splitlines()]

    return lookup
