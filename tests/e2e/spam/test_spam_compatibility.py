"""The filter starts only with a SpamAssassin and a pymilter that our modules fit."""

import pytest

from tests.support.spam.rule_channel import run_with_image_rules

SCANNER = "Mail::SpamAssassin::PerMsgStatus"
STORE = "Mail::SpamAssassin::BayesStore::SQL"


def test_an_incomplete_scan_gives_no_normal_verdict(server):
    """
    A scan that runs out of time says so, and one that fails gives no verdict.

    Also between two groups of rules, where SpamAssassin itself would not notice.
    """
    said = run_with_image_rules(server.project, "perl -T /tests/interrupted_scan.pl")

    nothing, late, fault = said.splitlines()
    assert "TIME_LIMIT_EXCEEDED" not in nothing
    assert "MISSING_DATE" in nothing
    assert "TIME_LIMIT_EXCEEDED" in late
    assert fault == "fault: not all rules could be tried"


@pytest.mark.parametrize(
    ("module", "what", "said"),
    [
        ("Mail::SpamAssassin", "copy_config", "Mail::SpamAssassin::copy_config is"),
        (SCANNER, "check", f"{SCANNER}::check is missing"),
        (SCANNER, "check_cleanup", f"{SCANNER}::check_cleanup is missing"),
        (SCANNER, "{deadline_exceeded}", f"{SCANNER} has no deadline_exceeded"),
        (SCANNER, "{test_names_hit}", f"{SCANNER} has no test_names_hit"),
        (STORE, "nspam_nham_change", f"{STORE}::nspam_nham_change is missing"),
        (STORE, "cleanup", f"{STORE}::cleanup is missing"),
    ],
)
def test_an_incompatible_spamassassin_is_not_started(server, module, what, said):
    """
    A SpamAssassin that lacks what our modules need is not started, and says what it
    lacks.
    """
    command = f"perl -T /tests/without_feature.pl {module} '{what}' 2>&1 || echo ended"

    *_, reason, end = run_with_image_rules(server.project, command).splitlines()

    assert reason.startswith("not starting: SpamAssassin ")
    assert said in reason
    assert end == "ended"


def test_a_spamassassin_without_an_unused_function_is_started(server):
    """A SpamAssassin that lacks what our modules don't need is started."""
    command = f"perl -T /tests/without_feature.pl {STORE} get_magic_re"

    assert run_with_image_rules(server.project, command).endswith("it scans\n")


@pytest.mark.core
def test_an_incompatible_pymilter_is_not_started(server):
    """With a pymilter that lacks what our milter needs, the filter doesn't start."""
    start = "runpy.run_module('spam_milter', run_name='__main__')"
    command = (
        f'python3 -c "import Milter, runpy; del Milter.factory; {start}" || echo ended'
    )

    reason, end = run_with_image_rules(server.project, command).splitlines()

    assert reason.startswith("not starting: pymilter ")
    assert "Milter.factory is missing" in reason
    assert end == "ended"
