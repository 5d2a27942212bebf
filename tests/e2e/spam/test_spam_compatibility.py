"""The filter starts only with a SpamAssassin and a pymilter that our modules fit."""

import pytest

from tests.support.spam.rule_channel import by_the_images_rules

SCANNER = "Mail::SpamAssassin::PerMsgStatus"
STORE = "Mail::SpamAssassin::BayesStore::SQL"


def test_no_verdict_is_given_on_a_part(server):
    """
    Time that runs out between two groups of rules is told as well as within one.

    A fault there ends the scan without a verdict.
    """
    said = by_the_images_rules(server.project, "perl -T /tests/interrupted_scan.pl")

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
def test_a_spamassassin_that_our_modules_do_not_fit_is_not_started(
    server, module, what, said
):
    """It ends with a line on what it lacks: a plugin that died would be left out."""
    command = f"perl -T /tests/without_feature.pl {module} '{what}' 2>&1 || echo ended"

    *_, reason, end = by_the_images_rules(server.project, command).splitlines()

    assert reason.startswith("not starting: SpamAssassin ")
    assert said in reason
    assert end == "ended"


def test_a_spamassassin_that_lacks_what_is_not_ours_is_started(server):
    """So that what ended the others was what they lacked."""
    command = f"perl -T /tests/without_feature.pl {STORE} get_magic_re"

    assert by_the_images_rules(server.project, command).endswith("it scans\n")


@pytest.mark.core
def test_a_pymilter_that_our_milter_does_not_fit_is_not_used(server):
    """The filter doesn't start: without our class every message would pass unseen."""
    start = "runpy.run_module('spam_milter', run_name='__main__')"
    command = (
        f'python3 -c "import Milter, runpy; del Milter.factory; {start}" || echo ended'
    )

    reason, end = by_the_images_rules(server.project, command).splitlines()

    assert reason.startswith("not starting: pymilter ")
    assert "Milter.factory is missing" in reason
    assert end == "ended"
