"""MTA-STS policies: which are taken, and what Postfix is told."""

import pytest
from tls_policy.sts.policy import Policy, PolicyError

FIELDS = {"version": "STSv1", "mode": "enforce", "mx": ["mx.a.test"], "max_age": 86400}


def test_postfix_is_told_names_and_text_of_the_policy():
    """A certificate must be for one of the names, and the server's name must fit."""
    fields = {**FIELDS, "mx": ["MX.a.test", "*.b.test.", "mx.a.test"], "x": "} y"}

    assert Policy.of(fields).attributes("a.test") == (
        "secure match=mx.a.test:.b.test servername=hostname"
        " policy_type=sts policy_domain=a.test"
        " mx_host_pattern=mx.a.test mx_host_pattern=*.b.test"
        " { policy_string = version: STSv1 } { policy_string = mode: enforce }"
        " { policy_string = mx: mx.a.test } { policy_string = mx: *.b.test }"
        " { policy_string = max_age: 86400 }"
    )


def test_the_longest_policy_fits_into_an_answer():
    """Postfix takes 100,000 octets (DICT_SOCKMAP_MAX_REPLY)."""
    label = "a" * 63
    names = [f"{n:03}.{label}.{label}.{label}.{label[:50]}.test" for n in range(100)]

    text = Policy.of({**FIELDS, "mx": names}).attributes("a.test")

    assert len(text) < 100_000


@pytest.mark.parametrize("mode", ["none", "testing"])
def test_other_modes_are_policies_too(mode):
    """One of mode none needs no mail server."""
    assert Policy.of({**FIELDS, "mode": mode}).mode == mode
    assert Policy.of({"mode": "none", "max_age": 60, "mx": []}).mx == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "enforced"},
        {"mode": ["enforce"]},
        {"max_age": -1},
        {"max_age": 31557601},
        {"max_age": "86400"},
        {"mx": []},
        {"mx": "mx.a.test"},
        {"mx": [""]},
        {"mx": ["*"]},
        {"mx": ["a.*.test"]},
        {"mx": ["192.0.2.1"] * 101},
        {"mx": ["mx.a.test fingerprint=x"]},
        {"mx": ["mx.a.test:mx.b.test"]},
        {"mx": ["mx.a.test }"]},
        {"mx": ["mx.a.test\n"]},
        {"mx": ["müx.test"]},
    ],
)
def test_what_is_no_policy_is_refused(wrong):
    """Strangers choose what Postfix would parse."""
    with pytest.raises(
        PolicyError, match="^its |^it " if "mx" not in wrong else "name"
    ):
        Policy.of({**FIELDS, **wrong})
