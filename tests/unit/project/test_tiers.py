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
        "test_restart.py::test_a_killed_daemon_restarts_and_no_mail_is_lost",
    ),
    "Mail to a full mailbox is refused at RCPT": (
        "test_quota.py::test_mail_to_a_full_mailbox_is_refused_at_rcpt",
    ),
    "While the accounts can't be read, mail and logins wait": (
        "test_accounts_unreadable.py::test_without_readable_accounts_mail_and_logins_are_deferred",
    ),
    "Nobody relays mail without a login": (
        "test_open_relay.py::test_no_form_of_a_foreign_recipient_is_relayed_for_a_container",
        "test_open_relay.py::test_no_form_of_a_foreign_recipient_is_relayed_for_the_gateway",
        "test_open_relay.py::test_a_hundred_forms_of_a_foreign_recipient_are_tried",
    ),
    "No login sends mail that shows another's address": (
        "test_from_header.py::test_a_message_with_anothers_address_as_author_is_refused",
        "test_from_header.py::test_anothers_envelope_sender_is_refused",
    ),
    "A login sends to 1000 recipients an hour at most": (
        "test_send_limit.py::test_a_login_over_its_send_limit_is_deferred",
    ),
    "A closed account or a new password ends open sessions": (
        "test_closed_sessions.py::test_an_open_imap_session_of_a_closed_account_ends",
        "test_closed_sessions.py::test_an_open_submission_session_of_a_closed_account_ends",
    ),
    "Every port offers only TLS 1.2 and 1.3 with forward secrecy": (
        "test_tls.py::test_tls_1_0_and_1_1_are_refused",
        "test_tls.py::test_weak_ciphers_are_refused",
    ),
    "prefers the hybrid X25519MLKEM768": (
        "test_tls_scan.py::test_the_hybrid_key_exchange_x25519mlkem768_is_used",
    ),
    "Outgoing mail is signed twice": (
        "test_dkim.py::test_both_signatures_verify_against_the_published_records",
    ),
    "arrives on port 25 is never signed by us": (
        "test_authentication_results.py::test_mail_on_port_25_is_never_signed",
    ),
    "Mail that its author's domain wants refused (DMARC) is refused": (
        "test_dmarc_reject.py::test_mail_that_fails_dmarc_reject_is_refused",
    ),
    "and spam too; doubtful mail goes into Junk": (
        "test_spam.py::test_spam_over_the_reject_score_is_refused",
        "test_spam.py::test_spam_over_the_mark_score_is_delivered_to_junk",
    ),
    "and waits where DANE or MTA-STS finds the server unproven": (
        "test_outgoing_dane.py::test_a_server_with_the_right_tlsa_gets_mail",
        "test_outgoing_dane.py::test_mail_to_a_server_that_is_not_proven_waits",
        "test_outgoing_mta_sts.py::test_mail_to_another_server_waits",
    ),
    "A filter that is down or hangs delays mail": (
        "test_outage.py::test_without_a_filter_mail_is_deferred",
        "test_spam_faults.py::test_a_killed_filter_restarts",
        "test_spam_faults.py::test_a_hanging_spamd_child_delays_mail_for_a_minute_at_most",
    ),
    "as a full disk does": (
        "test_full_disks.py::test_mail_waits_while_the_mail_disk_is_full",
        "test_full_disks.py::test_a_service_with_a_full_disk_is_unhealthy",
    ),
    "A certificate is in use once every port has served it": (
        "test_cert_issue.py::test_every_port_serves_the_issued_certificate",
    ),
    "A renewal ends no session": (
        "test_cert_deploy.py::test_replacing_a_certificate_ends_no_session",
    ),
    "A configuration that a daemon refuses or does not work with": (
        "test_config_trial.py::test_a_value_that_a_process_dies_of_is_refused",
        "test_config_trial.py::test_a_configuration_that_does_not_work_is_put_back",
        "test_config_refused.py::test_a_broken_configuration_is_refused",
    ),
    "Every container has few capabilities": (
        "test_hardening.py::test_each_service_has_only_the_capabilities_it_needs",
        "test_hardening.py::test_each_root_file_system_is_read_only_without_new_privileges",
        "test_hardening.py::test_each_service_has_memory_and_process_limits",
        "test_hardening.py::test_no_service_has_access_to_the_host",
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
