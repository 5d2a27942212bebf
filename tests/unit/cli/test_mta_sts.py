"""`stack dns mta-sts`: when a policy is enforced, and what is printed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stack.cli.dns import mta_sts as command
from stack.cli.dns import policies
from stack.cli.dns.wanted import wanted
from stack.config import envfile
from stack.dns.check.finding import Finding, Status
from stack.services.web import evidence, mta_sts
from stack.system import endpoints
from stack.system.project import Project
from tests.support.project import prepared

NOW = datetime.now(UTC)
RIGHT = [
    Finding("example.org", "_mta-sts.example.org", "MTA-STS", Status.OK),
    Finding("example.org", "mta-sts.example.org", "web", Status.OK),
    Finding("example.org", "example.org", "SPF", Status.WRONG),
]
WRONG = [
    Finding(
        "example.org", "mta-sts.example.org", "web", Status.WARNING, remark="not that"
    ),
    *RIGHT[:1],
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project after `stack init`, with the real templates."""
    return prepared.project(tmp_path)


@pytest.fixture
def on(project, stack, monkeypatch) -> Project:
    """The same with WEB=yes, and nothing that runs."""
    project.env.write_text(f"{prepared.ENV}WEB=yes\n")
    monkeypatch.setattr(endpoints, "INSIDE", Path("/nowhere"))
    assert stack("init").exit_code == 0
    return project


def see(monkeypatch, findings: list[Finding]) -> None:
    """Have others see *findings*."""
    monkeypatch.setattr(command, "look", lambda *_: findings)


def right_for(project: Project, hours: int) -> None:
    """Have all been right for so many *hours*."""
    record = mta_sts.record(mta_sts.policy(project))
    begin = NOW - timedelta(hours=hours)
    evidence.note(project, {"example.org": True}, record, begin)


def mode(project: Project) -> str:
    """Return the mode in .env."""
    return envfile.load(project.env).mta_sts


def test_a_policy_is_enforced_after_a_day(stack, on, monkeypatch):
    """The new record is printed; other records don't matter for it."""
    see(monkeypatch, RIGHT)
    right_for(on, 25)

    done = stack("dns", "mta-sts", "enforce")

    assert done.exit_code == 0, done.output
    assert mode(on) == "enforce"
    assert "mode: enforce\n" in mta_sts.policy(on)
    record = mta_sts.record(mta_sts.policy(on))
    assert done.stdout == f'_mta-sts.example.org. 3600 IN TXT "{record}"\n'


@pytest.mark.parametrize("hours", [None, 0, 23])
def test_before_a_day_is_over_it_is_refused(stack, on, monkeypatch, hours):
    """Nothing changes, and the message says since when all is right."""
    see(monkeypatch, RIGHT)
    if hours is not None:
        right_for(on, hours)

    done = stack("dns", "mta-sts", "enforce")

    assert done.exit_code == 1
    assert "example.org is right, but not for a day yet (since " in done.stderr
    assert mode(on) == "testing"


def test_now_does_not_wait(stack, on, monkeypatch):
    """But for all to be right."""
    see(monkeypatch, RIGHT)

    assert stack("dns", "mta-sts", "enforce", "--now").exit_code == 0
    assert mode(on) == "enforce"


@pytest.mark.parametrize("options", [[], ["--now"]])
def test_what_is_wrong_is_never_enforced(stack, on, monkeypatch, options):
    """A warning is enough, and the day begins anew."""
    see(monkeypatch, WRONG)
    right_for(on, 25)

    done = stack("dns", "mta-sts", "enforce", *options)

    assert done.exit_code == 1
    assert "mta-sts.example.org: not that" in done.stderr
    assert mode(on) == "testing"
    assert evidence.load(on).domains == {}


@pytest.mark.parametrize("other", ["testing", "none"])
def test_a_policy_is_taken_back_at_any_time(stack, on, other):
    """Nothing is looked at."""
    on.env.write_text(f"{prepared.ENV}WEB=yes\nMTA_STS=enforce\n")
    stack("init")

    assert stack("dns", "mta-sts", other).exit_code == 0
    assert mode(on) == other


def test_without_the_service_web_nobody_would_see_it(stack, project):
    """The message says how to switch it on."""
    done = stack("dns", "mta-sts", "testing")

    assert done.exit_code == 3
    assert "set WEB=yes in .env" in done.stderr


def test_a_look_that_can_not_be_written_down_is_told(on, capsys):
    """The check itself goes on."""
    on.write(on.policy_seen, "half")
    found = wanted(on, envfile.load(on.env), None)

    seen = policies.note(on, found, RIGHT)

    assert seen.domains == {}
    assert "is not written down since when" in capsys.readouterr().err
