"""rule-updater.conf: read whole or refused, with the line that is wrong."""

import pytest
from milter_runtime.config_file import ConfigError
from spam_rules.config import OFFICIAL, Config, parse


def test_official_channel_is_always_included():
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
def test_wrong_rule_updater_conf_is_refused(text, reason):
    """Nothing is guessed."""
    with pytest.raises(ConfigError, match=reason):
        parse(text)
