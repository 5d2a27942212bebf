"""What the updater and the check of the operator's file read and say."""

import pytest
from milter_runtime.config_file import ConfigError
from spam_rules.config import OFFICIAL, Config, parse
from spam_rules.local_cf import mistakes
from spam_rules.update.command import FailedError, run, words


def test_other_channels_come_beside_spamassassins_own():
    """Rules of others are written to go with those."""
    text = "# why\n\nupdate = yes\nchannels = b.test,a.test,b.test\n"

    assert parse(text) == Config(True, (OFFICIAL, "b.test", "a.test"))
    assert parse("update = no\nchannels =\n") == Config(False, (OFFICIAL,))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "update is missing\nrule-updater.conf: channels is missing"),
        ("update = yes\n", "rule-updater.conf: channels is missing"),
        ("update = yes\nchannels =\nupdate = no\n", ":3: update is set a second time"),
        ("update = yes\nchannels =\nmore = 1\n", ":3: 'more' is not a setting"),
        ("update = true\nchannels =\n", "update is 'true', but must be yes or no"),
    ],
)
def test_a_wrong_file_is_refused(text, reason):
    """Nothing is guessed."""
    with pytest.raises(ConfigError, match=reason):
        parse(text)


@pytest.mark.parametrize(
    "line",
    ["required_score 3", "  REPORT_SAFE 1", "bayes_sql_dsn x", "time_limit 300"],
)
def test_what_is_said_elsewhere_is_refused_with_its_place(line):
    """The operator is told where it belongs."""
    (found,) = mistakes(f"# mine\nscore A 1\n{line}\n")

    assert found.startswith("var/spam/local.cf:3: ")
    assert "can't be set here: " in found


def test_rules_and_lists_are_the_operators():
    """All that is about what is spam, and comments."""
    text = (
        "welcomelist_auth *@a.test\nblocklist_from *@b.test\n"
        "score A 1\n#required_score 3\nbody R /required_score 3/\n"
        "trusted_networks 192.0.2.1\n"
    )

    assert mistakes(text) == []


def test_a_reason_is_one_line_without_times_and_repetitions():
    """It goes into the log, after the words that rules are not updated."""
    said = (
        b"Nov 25 01:02:03.456 [789] warn: config: no rule\n\n"
        b"warn: config: no rule\nchannel 'a.test': failed\n"
    )

    assert words(said) == "warn: config: no rule; channel 'a.test': failed"
    assert words(b"", b"\n") == "it said nothing"


def test_a_program_that_hangs_is_ended_with_its_children(monkeypatch):
    """Whatever it has started: a compiler does not go on alone."""
    monkeypatch.setattr("spam_rules.update.command.LONGEST", 1)

    with pytest.raises(FailedError, match="sh took more than"):
        run(["sh", "-c", "sleep 60 & sleep 60"])

    with pytest.raises(FailedError, match="sh was killed"):
        run(["sh", "-c", "kill -KILL $$"])
