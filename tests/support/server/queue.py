"""Postfix's queue: what waits in it, and how to have it tried again."""

import json
from dataclasses import dataclass

from tests.support.server.project import Project


@dataclass(frozen=True)
class Waiting:
    """A message that waits for one recipient."""

    queue_id: str
    sender: str
    reason: str
    """Why it couldn't be delivered the last time; empty before the first."""


def waiting(project: Project, recipient: str) -> list[Waiting]:
    """
    The messages to *recipient*, as postqueue(1) lists them.

    One that moves to another queue meanwhile is listed twice there, and once here.
    """
    listing = project.inside("postfix", "postqueue", "-j").decode()
    found = [
        Waiting(message["queue_id"], message["sender"], each.get("delay_reason", ""))
        for message in map(json.loads, listing.splitlines())
        for each in message["recipients"]
        if each["address"] == recipient
    ]
    return list({each.queue_id: each for each in found}.values())


def flush(project: Project) -> None:
    """Have Postfix try now what it would try again in some minutes."""
    project.inside("postfix", "postqueue", "-f")
