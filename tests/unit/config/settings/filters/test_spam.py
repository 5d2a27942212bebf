"""The spam filter: refused and accepted values."""

import pytest

from tests.support.configuration.invalid_settings import complaint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("spam_rules_update", "true", "must be yes or no"),
        ("spam_rules_channels", "localhost", "must be names like kam."),
        ("spam_rules_channels", "a.example, b.example", "must be names like kam."),
        ("spam_mark_score", "nan", "must be a number like 5.0"),
        ("spam_mark_score", "1e3", "must be a number like 5.0"),
        ("spam_mark_score", "15.0", "SPAM_REJECT_SCORE must be more"),
        ("spam_reject_score", "5", "must be more than SPAM_MARK_SCORE"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})
