"""The core, what `make test` runs, holds a test of each promise."""

import re
import subprocess
import sys

import pytest

from tests.promises import functions, modules
from tests.support.places import ROOT

# What the README promises, in its words, and tests that hold it.
PROMISED = {
    "Mail that got a `250` reaches its mailbox": (
        "test_restart.py::test_what_is_killed_comes_back_and_nothing_is_lost",
    ),
    "Mail to a full mailbox is refused at RCPT": (
        "test_quota.py::test_a_full_mailbox_is_refused_at_the_door",
    ),
    "While the accounts can't be read, mail and logins wait": (
        "test_lost_accounts.py::test_when_the_accounts_are_lost_mail_waits",
    ),
    "Nobody relays mail without a login": (
        "test_relay.py::test_no_trick_makes_us_relay_for_a_neighbour",
        "test_relay.py::test_no_trick_makes_us_relay_for_the_gateway",
        "test_relay.py::test_there_are_forms_enough",
    ),
    "No login sends mail that shows another's address": (
        "test_author.py::test_a_message_in_the_name_of_another_is_refused",
        "test_author.py::test_an_envelope_of_another_is_refused_by_name",
    ),
    "A login sends to 1000 recipients an hour at most": (
        "test_send_limit.py::test_a_login_sends_so_much_an_hour_and_no_more",
    ),
    "A closed account or a new password ends open sessions": (
        "test_closed_sessions.py::test_an_open_session_of_a_closed_account_ends",
        "test_closed_sessions.py::test_who_may_not_log_in_any_more_cannot_send",
    ),
    "Every port offers only TLS 1.2 and 1.3 with forward secrecy": (
        "test_tls.py::test_old_tls_is_refused",
        "test_tls.py::test_weak_ciphers_are_refused",
    ),
    "prefers the hybrid X25519MLKEM768": (
        "test_tls_judged.py::test_recorded_mail_stays_secret_from_quantum_computers",
    ),
    "Outgoing mail is signed twice": (
        "test_dkim.py::test_a_stranger_can_verify_what_alice_sends",
    ),
    "arrives on port 25 is never signed by us": (
        "test_verdicts.py::test_a_forger_does_not_get_our_signature",
    ),
    "Mail that its author's domain wants refused (DMARC) is refused": (
        "test_authentication.py::test_what_an_owner_wants_refused_is_refused",
    ),
    "and spam too; doubtful mail goes into Junk": (
        "test_spam.py::test_certain_spam_is_refused",
        "test_spam.py::test_likely_spam_lands_in_junk",
    ),
    "A filter that is down or hangs delays mail": (
        "test_outage.py::test_without_a_filter_mail_waits",
        "test_spam_faults.py::test_a_killed_filter_comes_back",
        "test_spam_faults.py::test_one_child_that_hangs_stops_mail_for_a_minute_at_most",
    ),
    "as a full disk does": (
        "test_full_disks.py::test_mail_for_a_full_disk_waits_and_arrives",
        "test_full_disks.py::test_a_store_that_takes_no_file_is_unhealthy",
    ),
    "A certificate is in use once every port has served it": (
        "test_cert_issue.py::test_every_port_proves_our_name",
    ),
    "A renewal ends no session": (
        "test_cert_deploy.py::test_a_renewal_ends_no_session",
    ),
    "A configuration that a daemon refuses or does not work with": (
        "test_trial.py::test_a_value_that_a_process_dies_of_changes_nothing",
        "test_trial.py::test_what_does_not_work_is_put_back",
        "test_apply.py::test_a_broken_configuration_is_refused",
    ),
    "Every container has few capabilities": (
        "test_hardening.py::test_capabilities_are_the_few_that_are_needed",
        "test_hardening.py::test_nothing_can_be_gained_or_changed",
        "test_hardening.py::test_no_service_can_eat_the_machine",
        "test_hardening.py::test_no_service_sees_the_host",
    ),
}


@pytest.fixture(scope="module")
def core() -> set[str]:
    """Have pytest tell which tests are in the core: file and name, without rows."""
    asked = ("-m", "pytest", "tests/e2e", "--collect-only", "--quiet", "-m", "core")
    done = subprocess.run(
        [sys.executable, *asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(
        re.findall(r"(?m)^tests/e2e/(?:\w+/)*(test_\w+\.py::test_\w+)", done.stdout)
    )


def promised() -> list[str]:
    """The promises of the README, each as one line."""
    text = (ROOT / "README.md").read_text()
    section = text.split("\n## What holds\n")[1].split("\n## ")[0]
    return [
        " ".join(each.split())
        for each in re.findall(r"(?ms)^- (.*?)(?=^- |\n\n)", section)
    ]


def test_each_row_of_the_page_has_a_test_in_the_core(core):
    """docs/security.md has a row for each file of tests."""
    files = {file.name for file in modules() if [*functions(file)]}

    assert files - {each.partition("::")[0] for each in core} == set()


def test_each_promise_of_the_readme_is_listed_here():
    """A promise that is added or said anew is given the tests that hold it."""
    promises, listed = promised(), set(PROMISED)

    assert 5 < len(promises) <= 12
    assert [each for each in promises if not any(key in each for key in listed)] == []
    assert [key for key in listed if not any(key in each for each in promises)] == []


@pytest.mark.parametrize("promise", PROMISED)
def test_each_promise_of_the_readme_is_held_by_the_core(core, promise):
    """`make test` runs the tests that hold it."""
    assert [each for each in PROMISED[promise] if each not in core] == []
