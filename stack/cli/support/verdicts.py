"""Waits for what the services say of a changed configuration."""

from collections.abc import Iterator
from contextlib import contextmanager

from stack.cli.support.output import say
from stack.system.errors import StackError
from stack.system.project import Project


@contextmanager
def waiting_for_verdicts(project: Project) -> Iterator[None]:
    """
    Change the configuration, then have each service that runs on it try it.

    Raises:
        StackError: When one refuses it, and goes on with the last good one.
    """
    from stack.apply import verdicts

    before = verdicts.digests(project)
    yield
    changed = {
        service: digest
        for service, digest in verdicts.digests(project).items()
        if before.get(service) != digest
    }
    look = verdicts.view_reader(project) if changed else None
    if not look:
        return
    said = verdicts.wait(look, changed)
    for service, verdict in sorted(said.items()):
        # Its mount shows a removed folder: the new configuration itself is right.
        if verdict.sees_stale_mount:
            say(f"Warning: {service}: {verdict.words}")
    wrong = [
        _refusal(service, verdict.words)
        for service, verdict in sorted(said.items())
        if verdict.refused and not verdict.sees_stale_mount
    ]
    if wrong:
        raise StackError(*wrong)


def _refusal(service: str, words: str) -> str:
    lines = "".join(f"\n  {line}" for line in words.splitlines())
    return (
        f"{service} goes on with its last good configuration: undo the change, or mend"
        f" what it names, then run `stack init` again:{lines}"
    )
