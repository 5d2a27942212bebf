"""var/spam/local.cf: the operator's own rules, and mistakes in them."""

import re
import time
from functools import partial

import pytest

from tests.support.configuration.templates import await_applied
from tests.support.spam.rule_channel import (
    OWN,
    TIMEOUT,
    hits,
    own_rules,
    wait_for_rule,
)
from tests.support.wait import wait_until


def test_the_examples_in_local_cf_work(server, scan):
    """The examples in local.cf work without a restart when they are uncommented."""
    project = server.project
    examples = re.findall(r"^#(\S.*\n)", project.as_root(f"cat {OWN}"), re.MULTILINE)

    with own_rules(project, "".join(examples)):
        wait_until(
            lambda: "OWN_CASINO" in scan("Our online casino\n"), "a hit", TIMEOUT
        )
        project.wait_for("healthy", "spamassassin", TIMEOUT)


def test_hidden_files_of_an_editor_cause_no_reload(server):
    """Hidden files that an editor leaves beside local.cf cause no reload."""
    project = server.project
    await_applied(project, "spamassassin")
    # As Emacs and Kate leave them: a dangling link, and a file that only root can read.
    project.as_root(
        "cd var/spam; ln -s root@mail.1 '.#local.cf'; umask 077; echo x > .local.cf.swp"
    )

    try:
        applied = project.container("spamassassin").exec_run("apply-config")
        healthy = project.container("spamassassin").exec_run("config-applied")
    finally:
        project.as_root("cd var/spam; rm '.#local.cf' .local.cf.swp")

    nothing_new = 3
    assert (applied.exit_code, healthy.exit_code) == (nothing_new, 0), applied.output


MISTAKES = {
    "body MISSPELT_OWN /(never closed/": "MISSPELT_OWN",
    "misspelt_statement yes": "misspelt_statement",
    "required_score 2": "set SPAM_MARK_SCORE in .env",
}


@pytest.mark.core
@pytest.mark.provokes(
    "spamassassin", r"MISSPELT_OWN|misspelt_statement|lint: \d issues"
)
def test_mistakes_in_local_cf_are_reported_and_change_nothing(server, own, scan):
    """
    Mistakes in local.cf are logged with their lines, and the old rules stay in use.

    Health shows it.
    """
    project = server.project
    wait_for_rule(scan, own)
    begin = time.time()

    with own_rules(project, "".join(f"{line}\n" for line in MISTAKES)) as first:
        for number, (line, words) in enumerate(MISTAKES.items(), first):
            places = (f"{OWN}:{number}:", f"{OWN} (line {number})")
            said = partial(all_said, project, begin, places, words)
            wait_until(said, f"what is wrong with {line!r}, and where", TIMEOUT)
        project.wait_for("unhealthy", "spamassassin", TIMEOUT)
        assert hits(scan, own)


def all_said(project, begin: float, places: tuple[str, ...], words: str) -> bool:
    """Whether the filter has named one of *places*, and what is wrong there."""
    told = project.said("spamassassin", begin)
    return words in told and any(each in told for each in places)
