"""`stack cert renew`: once, or in a loop."""

import signal
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from stack.cli.cert.options import (
    RunsInCerts,
    deployer,
    despite_tlsa,
    require_proof,
    timeout,
)
from stack.cli.support.output import say
from stack.system.errors import StackError, UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.renewal.requests import CertificateRequest

# Reasons for a revocation (RFC 5280 §5.3.1), as certbot spells them.
REASONS = ["unspecified", "keycompromise", "superseded", "cessationofoperation"]


@click.command(cls=RunsInCerts)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--force", is_flag=True, help="Renew although it isn't due.")
@click.option(
    "--new-key",
    is_flag=True,
    help="Renew now with a new key. With TLSA records: in two steps.",
)
@click.option(
    "--revoke",
    type=click.Choice(REASONS),
    help="Renew now with a new key, and then revoke the old certificate.",
)
@click.option(
    "--dry-run", is_flag=True, help="Only try it; with Let's Encrypt, on staging."
)
@click.option(
    "--forever", is_flag=True, help="Repeat it twice a day, as the service certs does."
)
@click.option("--healthy", is_flag=True, help="Only check whether anything is urgent.")
@despite_tlsa
@timeout
@click.pass_obj
def renew(
    project: Project,
    names: tuple[str, ...],
    force: bool,
    new_key: bool,
    revoke: str | None,
    dry_run: bool,
    forever: bool,
    healthy: bool,
    despite_tlsa: bool,
    seconds: float,
) -> None:
    """
    Renew the certificates from an authority that are due: all of them, or each NAME.

    A renewal is due when the authority suggests it (ARI), else in the last third of the
    lifetime. The key is kept if the DNS has TLSA records for it.
    """
    if healthy:
        return _check_health(project)
    if forever:
        return _run_loop(project)
    from stack.renewal import requests
    from stack.renewal.acme import issuance
    from stack.renewal.acme.issuance import IssueOptions

    deploying = deployer(project, seconds)
    wanted, unproven = _requested(project, names), []
    for request in wanted:
        # A new key that waits for its TLSA record already is the other key.
        another = (new_key or bool(revoke)) and not requests.not_served(
            project, request
        )
        options = IssueOptions(
            force=force or another,
            new_key=another,
            revoke=revoke or "",
            despite_tlsa=despite_tlsa,
        )
        if dry_run:
            issuance.dry_run(deploying, request)
        else:
            unproven += issuance.issue(deploying, request, options)
    if not wanted:
        say("No certificate comes from an authority: get one with `stack cert issue`.")
    require_proof(unproven)
    return None


def _requested(project: Project, names: tuple[str, ...]) -> "list[CertificateRequest]":
    from stack.renewal import requests
    from stack.renewal.state import state_file

    known = {
        each.name: each for each in requests.issued(project, state_file.load(project))
    }
    unknown = [name for name in names if name not in known]
    if unknown:
        there = ", ".join(known) or "none"
        raise StackError(
            f"{', '.join(unknown)}: no certificate of that name comes from an"
            f" authority; there are: {there}"
        )
    return [known[name] for name in names or known]


def _check_health(project: Project) -> None:
    from stack.certs import store
    from stack.renewal.loop import expiry
    from stack.system import files

    # An issued certificate must be stored. This service sees parts of var/ only.
    files.check_writable(project.acme)
    bad = [
        f"{folder / file}: {words}"
        for folder in (project.tls, project.web)
        for file, words in store.unreadable(folder).items()
    ]
    if bad:
        raise UnableError(*bad)
    urgent = [each for each in expiry.current(project) if each.urgent]
    if urgent:
        raise StackError(*(f"{each.name}: {each.remark}" for each in urgent))


def _run_loop(project: Project) -> None:
    from stack.system import processes

    # The kernel ignores these signals for the first process of a container unless it
    # handles them. An exit is safe at any step: the old files are still whole.
    for ends in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ends, lambda *_: sys.exit())
    # Blocked, so that a signal during a round is not lost: it starts the next round.
    wakes = {signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, wakes)
    while True:
        # In a child: what a round loads takes 40 MiB, and the next is half a day away.
        pause = float(processes.run_forked(partial(_round, project)))
        signal.sigtimedwait(wakes, pause)


def _round(project: Project) -> str:
    """Do what is due, and return for how many seconds to wait then."""
    from stack.renewal.loop import renewal_loop

    pause = renewal_loop.run_once(project, _log)
    _log(f"Next look at {datetime.now(UTC) + pause:%Y-%m-%d %H:%M} UTC.")
    return str(pause.total_seconds())


def _log(words: str) -> None:
    for line in words.splitlines():
        say(line)
