"""When rules are looked for, and how much is said about it."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from spam_rules import schedule
from spam_rules.config import Config
from spam_rules.schedule import DAY, HOUR, State
from spam_rules.sets import Sets
from spam_rules.update import updater
from spam_rules.update.command import FailedError
from spam_rules.update.job import Job

WANTED = Config(update=True, channels=("updates.spamassassin.org",))
NOW = 1_800_000_000.0


class Answers(list[tuple[str, str] | Exception]):
    """What the looks for new rules are to come to, one after the other."""

    def look(self, _sets: Sets, _config: Config) -> tuple[str, str]:
        """Stand in for the network and SpamAssassin: the e2e tests have the real."""
        answer = self.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Decide what the looks come to."""
    answers = Answers()
    monkeypatch.setattr(updater, "look", answers.look)
    return answers


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Have an updater with the rules of an image."""
    sets = Sets(tmp_path / "rules", tmp_path / "packaged")
    (tmp_path / "packaged" / "4.000001").mkdir(parents=True)
    (tmp_path / "rules" / "chosen").mkdir(parents=True)
    return Job(sets, tmp_path / "rules" / "state.json")


def test_the_first_look_is_at_once_and_the_next_within_a_day(job, answers):
    """Not earlier than after 20 hours, so that mirrors are not asked in vain."""
    answers += [("", ""), ("", "")]

    job.step(WANTED, False, NOW)
    job.step(WANTED, False, NOW + 20 * HOUR - 1)
    assert len(answers) == 1
    job.step(WANTED, False, NOW + DAY)
    assert not answers


def test_a_restart_remembers_the_last_look(job, answers):
    """It is on the volume."""
    answers += [("", "")]
    job.step(WANTED, False, NOW)

    again = Job(job.sets, job.memory)

    assert again.state == job.state
    assert not again.state.due(WANTED, NOW + HOUR)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"next": 1}', '{"x": 1}'])
def test_unreadable_state_means_update_now(tmp_path, text):
    """It is only a memory."""
    file = tmp_path / "state.json"
    file.write_text(text)

    assert schedule.load(file).due(WANTED, NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("next", value) for value in ("soon", None, [], True, float("nan"), -1)),
        *(("succeeded", value) for value in ("never", 1e300, float("inf"))),
        *(("failures", value) for value in ("many", 1.5, -1, None)),
        ("reason", 7),
        *(("channels", value) for value in ([1], None, 5)),
    ],
)
def test_invalid_state_means_update_now(tmp_path, name, value):
    """Each field must be of its kind, or nothing is known."""
    file = tmp_path / "state.json"
    known = asdict(State(NOW + HOUR, NOW, channels=WANTED.channels))
    file.write_text(json.dumps(known | {name: value}))

    assert schedule.load(file) == State()


def test_failing_update_is_retried_at_least_daily():
    """Years of failures are no reason to give up."""
    state = State(failures=10_000)

    assert state.failure("no network", WANTED, NOW).next <= NOW + DAY


def test_changed_channels_are_updated_at_once(job, answers):
    """Who changes the setting sees what comes of it."""
    answers += [("", ""), ("", "")]
    job.step(WANTED, False, NOW)

    job.step(replace(WANTED, channels=("a.test",)), False, NOW + 1)

    assert not answers


def test_wrong_clock_does_not_postpone_updates(job, answers):
    """A time that is years ahead is taken for due."""
    state = State.success(WANTED, NOW + 1000 * DAY)

    assert state.due(WANTED, NOW)


def test_failed_update_backs_off(job, answers):
    """After an hour, then two, up to a day, each up to a tenth earlier."""
    waits = []
    for _ in range(8):
        answers += [FailedError("no mirror")]
        job.step(WANTED, True, NOW)
        waits.append((job.state.next - NOW) / HOUR)

    for wait, limit in zip(waits, (1, 2, 4, 8, 16, 24, 24, 24), strict=True):
        assert 0.9 * limit <= wait <= limit


def test_repeated_failure_is_logged_once(job, answers, capsys):
    """Also over a restart; another reason, and the end of it, are said again."""
    down = FailedError("no network")
    answers += [down, down, OSError("no room"), down, ("", "")]
    for _ in range(2):
        job.step(WANTED, True, NOW)
    again = Job(job.sets, job.memory)
    for _ in range(3):
        again.step(WANTED, True, NOW)

    words = "rules: not updated, those in use stay"
    assert capsys.readouterr().out.splitlines() == [
        f"{words}: no network",
        f"{words}: no room",
        f"{words}: no network",
        "rules: up to date again",
    ]


def test_update_without_news_is_not_logged(job, answers, capsys):
    """A log that speaks daily of nothing isn't read."""
    answers += [("", "")]

    job.step(WANTED, True, NOW)

    assert capsys.readouterr().out == ""


def test_a_new_set_is_told_beside_the_channel_that_failed(job, answers, capsys):
    """What has come is used although something else has not."""
    answers += [("20270115T080000Z", "a.test: no mirror")]

    job.step(WANTED, True, NOW)

    assert [line[:30] for line in capsys.readouterr().out.splitlines()] == [
        "rules: 20270115T080000Z is rea",
        "rules: not updated, those in u",
    ]
    assert job.state.failures == 1


def test_disabled_update_does_nothing(job, answers, capsys):
    """The rules of the image come back, and later everything is asked anew."""
    answers += [("", "")]
    job.step(WANTED, False, NOW)
    (job.sets.root / "chosen" / "set").write_text("1\n")

    for _ in range(2):
        job.step(replace(WANTED, update=False), True, NOW)

    assert len(capsys.readouterr().out.splitlines()) == 1
    assert job.sets.chosen() == job.sets.packaged
    assert job.state.due(WANTED, NOW)


def test_full_disk_does_not_cause_endless_updates(job, answers, monkeypatch):
    """What can't be written down is remembered all the same."""
    answers += [OSError(28, "No space left on device")]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(schedule, "save", full)
    job.step(WANTED, False, NOW)
    job.step(WANTED, False, NOW + 60)

    assert job.state.failures == 1
