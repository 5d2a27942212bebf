"""The core, what `make test` runs, holds a test of each promise."""

import re
import subprocess
import sys

import pytest

from tests.promises import functions, modules
from tests.support.places import ROOT

# What the README promises, in its words, and tests that hold it.
PROMISED = {
    "Mail that got a `250` is in a mailbox": (
        "test_restart.py::test_what_is_killed_comes_back_and_nothing_is_lost",
    ),
    "A full mailbox is refused at the door": (
        "test_quota.py::test_a_full_mailbox_is_refused_at_the_door",
    ),
    "accounts that are lost, damaged or locked put mail and logins off": (
        "test_lost_accounts.py::test_when_the_accounts_are_lost_mail_waits",
    ),
    "Nobody relays without logging in": (
        "test_relay.py::test_no_trick_makes_us_relay_for_a_neighbour",
        "test_relay.py::test_no_trick_makes_us_relay_for_the_gateway",
        "test_relay.py::test_there_are_forms_enough",
    ),
    "No login sends mail in which a reader could see another's address": (
        "test_author.py::test_a_message_in_the_name_of_another_is_refused",
        "test_author.py::test_an_envelope_of_another_is_refused_by_name",
    ),
    "A login writes to 1000 recipients an hour at most": (
        "test_send_limit.py::test_a_login_sends_so_much_an_hour_and_no_more",
    ),
    "Who is disabled or removed, or whose password was changed, is out of open": (
        "test_closed_sessions.py::test_an_open_session_of_a_closed_account_ends",
        "test_closed_sessions.py::test_who_may_not_log_in_any_more_cannot_send",
    ),
    "One client can't keep the others out": (
        "test_client_limits.py::test_the_51st_connection_at_once_is_refused",
        "test_malformed.py::test_the_next_client_is_served",
        "test_slow_clients.py::test_a_client_has_five_minutes",
    ),
    "Every port offers only TLS 1.2 and 1.3 with forward secrecy": (
        "test_tls.py::test_old_tls_is_refused",
        "test_tls.py::test_weak_ciphers_are_refused",
    ),
    "the hybrid X25519MLKEM768 first": (
        "test_tls_judged.py::test_recorded_mail_stays_secret_from_quantum_computers",
    ),
    "Mail for a relay leaves encrypted": (
        "test_relay_host.py::test_all_mail_goes_through_the_relay_host",
    ),
    "What leaves is signed twice": (
        "test_dkim.py::test_a_stranger_can_verify_what_alice_sends",
    ),
    "arrives on port 25 is never signed by us": (
        "test_verdicts.py::test_a_forger_does_not_get_our_signature",
    ),
    "No text leaves as more than one message": (
        "test_smuggling_out.py::test_nothing_hides_in_what_users_send",
    ),
    "A certificate is in use when each of the five ports has served it": (
        "test_cert_issue.py::test_every_port_proves_our_name",
    ),
    "Renewing it ends no session": (
        "test_cert_deploy.py::test_a_renewal_ends_no_session",
    ),
    "a kill at any step leaves a pair that works": (
        "test_cert_deploy.py::test_a_kill_leaves_a_pair_that_works",
    ),
    "an order that fails": (
        "test_cert_fails.py::test_an_order_that_fails_says_why_and_changes_nothing",
    ),
    "Mail in the name of a domain that forbids it is refused": (
        "test_authentication.py::test_what_an_owner_wants_refused_is_refused",
    ),
    "stands in one header, which nobody else can write": (
        "test_authentication.py::test_each_verdict_is_told_in_one_header",
        "test_authentication.py::test_a_stranger_cannot_put_our_words_there",
    ),
    "Spam hidden in attachments, HTML or base64 is found": (
        "test_spam_hidden.py::test_spam_is_found_where_it_hides",
    ),
    "a message made to be slow or large costs a bounded time": (
        "test_spam_bombs.py::test_a_bomb_is_judged_or_put_off_in_time",
    ),
    "While a disk is full": (
        "test_full_disks.py::test_mail_for_a_full_disk_waits_and_arrives",
        "test_full_disks.py::test_a_store_that_takes_no_file_is_unhealthy",
    ),
    "or no name server answers, mail waits": (
        "test_name_server.py::test_without_a_name_server_our_users_mail_is_taken",
        "test_resolver.py::test_a_resolver_without_answers_is_unhealthy",
    ),
    "A filter that is down, hangs or is killed delays mail": (
        "test_outage.py::test_without_a_filter_mail_waits",
        "test_spam_faults.py::test_a_killed_filter_comes_back",
        "test_spam_faults.py::test_one_child_that_hangs_stops_mail_for_a_minute_at_most",
    ),
    "A configuration that a daemon refuses, dies of or does not work with": (
        "test_trial.py::test_a_value_that_a_process_dies_of_changes_nothing",
        "test_trial.py::test_what_does_not_work_is_put_back",
        "test_apply.py::test_a_broken_configuration_is_refused",
    ),
    "A wrong `.env` beside a changed port ends nothing": (
        "test_apply.py::test_a_wrong_env_beside_a_new_port_ends_nothing",
    ),
    "A second clone of this project doesn't take over the volumes": (
        "test_second_clone.py::test_a_second_clone_is_refused_before_anything_is_touched",
    ),
    "a lost `.env` is not made anew": (
        "test_second_clone.py::test_a_lost_env_is_not_made_anew",
    ),
    "Who is disabled or removed, or whose password was changed": (
        "test_closed_sessions.py::test_an_open_session_of_a_closed_account_ends",
        "test_closed_sessions.py::test_who_may_not_log_in_any_more_cannot_send",
    ),
    "Every container: no capability but the few it needs": (
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

    assert len(promises) > 5
    assert [each for each in promises if not any(key in each for key in listed)] == []
    assert [key for key in listed if not any(key in each for each in promises)] == []


@pytest.mark.parametrize("promise", PROMISED)
def test_each_promise_of_the_readme_is_held_by_the_core(core, promise):
    """`make test` runs the tests that hold it."""
    assert [each for each in PROMISED[promise] if each not in core] == []
