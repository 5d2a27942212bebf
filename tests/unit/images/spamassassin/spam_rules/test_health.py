"""What the updater tells who asks for its health."""

import os
import time

import pytest
from spam_rules import health
from spam_rules.schedule import State
from spam_rules.sets import Sets


@pytest.fixture
def sets(tmp_path) -> Sets:
    """Have the rules of an image."""
    rules = tmp_path / "packaged" / "4.000001"
    rules.mkdir(parents=True)
    (rules / "a_test.cf").write_text("# UPDATE version 7\n")
    return Sets(tmp_path / "rules", tmp_path / "packaged")


def test_report_names_rules_and_time(sets):
    """And why they aren't newer."""
    state = State(succeeded=1_800_000_000, reason="no mirror", channels=("a.test",))

    assert health.report(sets, state) == (
        "rules: those of the image; a.test 7; up to date on 2027-01-15 08:00 UTC"
        "; not updated: no mirror"
    )
    assert "not yet asked" in health.report(sets, State())


@pytest.mark.parametrize(("age", "status"), [(0, 0), (7000, 0), (7300, 1)])
def test_failing_updates_are_healthy_and_a_hanging_updater_is_not(
    sets, tmp_path, monkeypatch, age, status
):
    """Without a network `up --wait` succeeds; what stands still is told."""
    beat = tmp_path / "beat"
    beat.touch()
    os.utime(beat, (time.time() - age,) * 2)
    monkeypatch.setattr(health, "HEARTBEAT", beat)
    monkeypatch.setattr(health, "Sets", lambda: sets)
    monkeypatch.setattr(health, "load", lambda _: State(reason="no network"))

    assert health.main() == status


def test_an_updater_that_has_not_begun_is_not_healthy(sets, tmp_path, monkeypatch):
    """Until its first look at the clock."""
    monkeypatch.setattr(health, "HEARTBEAT", tmp_path / "beat")
    monkeypatch.setattr(health, "Sets", lambda: sets)

    assert health.main() == 1
