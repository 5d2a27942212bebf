"""Keys of a domain as `stack dkim` shows them, and which of them signed a message."""

import json
import re
from dataclasses import dataclass

from tests.support.mail.mailbox import Received
from tests.support.server.project import Project


@dataclass(frozen=True)
class Pair:
    """The selectors of an RSA and an Ed25519 key."""

    rsa: str
    ed25519: str


def keys(project: Project, domain: str, phase: str) -> dict[str, dict]:
    """Return the keys of *domain* in that *phase*, by their selectors."""
    (found,) = json.loads(project.stack("dkim", "show", domain, "--json").stdout)
    return {key["selector"]: key for key in found["keys"] if key["phase"] == phase}


def pair(project: Project, domain: str, phase: str) -> Pair:
    """Return the one pair of *domain* in that *phase*."""
    by_algorithm = {
        each["algorithm"]: selector
        for selector, each in keys(project, domain, phase).items()
    }
    return Pair(**by_algorithm)


def signed_with(received: Received) -> Pair:
    """Return the selectors of the two signatures on a message."""
    found = {}
    for header in received.all("DKIM-Signature"):
        algorithm = re.search(r"\ba=(\w+)-sha256", header)
        selector = re.search(r"\bs=([\w-]+)", header)
        assert algorithm
        assert selector
        assert algorithm[1] not in found, received.all("DKIM-Signature")
        found[algorithm[1]] = selector[1]
    return Pair(**found)


def private_keys(project: Project, domain: str) -> set[str]:
    """Return the selectors of which the private key is on the disk."""
    names = project.as_root(f"ls var/dkim/{domain}").split()
    return {name.partition(".")[0] for name in names if name != "state.json"}
