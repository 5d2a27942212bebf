"""Programs of an update: their last words, and the end of those that hang."""

import pytest
from spam_rules.update.command import FailedError, last_words, run


def test_a_reason_is_one_line_without_times_and_repetitions():
    """It goes into the log, after the words that rules are not updated."""
    said = (
        b"Nov 25 01:02:03.456 [789] warn: config: no rule\n\n"
        b"warn: config: no rule\nchannel 'a.test': failed\n"
    )

    assert last_words(said) == "warn: config: no rule; channel 'a.test': failed"
    assert last_words(b"", b"\n") == "it said nothing"


def test_a_program_that_hangs_is_ended_with_its_children(monkeypatch):
    """Whatever it has started: a compiler does not go on alone."""
    monkeypatch.setattr("spam_rules.update.command.TIMEOUT", 1)

    with pytest.raises(FailedError, match="sh took more than"):
        run(["sh", "-c", "sleep 60 & sleep 60"])

    with pytest.raises(FailedError, match="sh was killed"):
        run(["sh", "-c", "kill -KILL $$"])
