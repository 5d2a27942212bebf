"""The MTA-STS policy, and the record that announces it."""

import re

from stack.services.web import mta_sts

POLICY = "version: STSv1\nmode: testing\nmx: mail.example.org\nmax_age: 86400\n"


def test_the_id_follows_from_the_policy():
    """RFC 8461 §3.1: senders fetch the policy anew when the id is another one."""
    record = mta_sts.record(POLICY)

    assert re.fullmatch(r"v=STSv1; id=[0-9A-Za-z]{1,32}", record)
    assert mta_sts.record(POLICY) == record
    assert mta_sts.record(POLICY.replace("testing", "enforce")) != record


def test_a_policy_is_read_by_its_keys():
    """There may be several mx."""
    assert mta_sts.fields(POLICY + "mx: mx.example.org\n") == {
        "version": ["STSv1"],
        "mode": ["testing"],
        "mx": ["mail.example.org", "mx.example.org"],
        "max_age": ["86400"],
    }


def test_without_a_rendered_policy_there_is_none(project):
    """The text is empty."""
    assert mta_sts.policy(project) == ""
