"""One round of the renewal loop in the service certs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from random import random

from stack.certs import store
from stack.config import envfile
from stack.config.settings import Settings
from stack.renewal import imports, requests
from stack.renewal.acme import issuance
from stack.renewal.acme.issuance import IssueOptions
from stack.renewal.deployment.deployer import Deployer, Tell
from stack.renewal.loop import expiry, notice
from stack.renewal.requests import CertificateRequest
from stack.renewal.state import schedule
from stack.renewal.state.state_file import load
from stack.renewal.state.state_lock import locked_state
from stack.system.errors import StackError
from stack.system.project import Project


def run_once(project: Project, tell: Tell) -> timedelta:
    """
    Renew what is due, follow IMPORT_FOLDER, notify the postmaster.

    Return the pause until the next round. Failures are told and recorded, not raised.
    """
    try:
        settings = envfile.load(project.env)
        for folder in (project.tls, project.web):
            for file, words in store.unreadable(folder).items():
                tell(f"Error: {folder / file}: {words}")
        deployer = Deployer(project, settings, tell)
        for request in _due(project):
            _reporting_errors(
                partial(issuance.issue, deployer, request, IssueOptions()), tell
            )
        for name in imports.followed(project):
            _reporting_errors(partial(imports.follow, deployer, name), tell)
        _notify_postmaster(project, settings, tell)
        remembered = load(project).certificates.values()
        return schedule.next_pause(remembered, datetime.now(UTC), random())  # noqa: S311 - no secret
    except (StackError, OSError) as error:
        tell(f"Error: {error}")
        return schedule.FIRST_RETRY


def _due(project: Project) -> list[CertificateRequest]:
    """Return the requests to renew: all but those that failed a short while ago."""
    state, now = load(project), datetime.now(UTC)
    failures = {name: each.failure for name, each in state.certificates.items()}
    return [
        request
        for request in requests.issued(project, state)
        if not (failure := failures.get(request.name)) or failure.retry_at <= now
    ]


def _reporting_errors(action: Callable[[], list[str]], tell: Tell) -> None:
    try:
        for unproven in action():
            tell(f"Warning: {unproven}.")
    except (StackError, OSError) as error:
        tell(f"Error: {error}")


def _notify_postmaster(project: Project, settings: Settings, tell: Tell) -> None:
    now = datetime.now(UTC)
    for found in filter(lambda each: each.urgent, expiry.current(project)):
        with locked_state(project) as state:
            remembered = state.of(found.name)
            if remembered.mailed_on == now.date():
                continue
            try:
                notice.send(settings, found, now)
                remembered.mailed_on = now.date()
            except OSError as error:
                tell(
                    f"Error: the postmaster could not be told of {found.name}: {error}"
                )
