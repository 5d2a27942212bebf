"""What the operator's own file, var/spam/local.cf, may not set."""

import pytest
from spam_rules.local_cf import mistakes


@pytest.mark.parametrize(
    "line",
    ["required_score 3", "  REPORT_SAFE 1", "bayes_sql_dsn x", "time_limit 300"],
)
def test_setting_that_belongs_elsewhere_is_refused(line):
    """The operator is told where it belongs."""
    (found,) = mistakes(f"# mine\nscore A 1\n{line}\n")

    assert found.startswith("var/spam/local.cf:3: ")
    assert "can't be set here: " in found


def test_rules_and_lists_are_allowed():
    """All that is about what is spam, and comments."""
    text = (
        "welcomelist_auth *@a.test\nblocklist_from *@b.test\n"
        "score A 1\n#required_score 3\nbody R /required_score 3/\n"
        "trusted_networks 192.0.2.1\n"
    )

    assert mistakes(text) == []
