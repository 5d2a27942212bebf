"""The rules that `make mutation` takes away are there, and so are their tests."""

import ast
from collections import Counter
from functools import cache

import pytest

from tests.mutation.rules import Rule, load, named
from tests.mutation.trial import copied, failure
from tests.support.harness.checkout import ROOT

RULES = load()

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)

# Of all rules, at least as many are in these places.
LEAST = {"": 44, "config/": 20, "images/": 8, "compose.yaml": 6}


@cache
def functions(module: str) -> set[str]:
    """Return the names of the tests in the file *module*."""
    return {
        node.name
        for node in ast.parse((ROOT / module).read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@every_rule
def test_a_rule_stands_where_it_is_taken_away(rule):
    """Its text is in the file exactly once, and what takes its place is another."""
    assert (ROOT / rule.file).read_text().count(rule.old) == 1
    assert rule.new != rule.old


@every_rule
def test_the_tests_of_a_rule_exist(rule):
    """At least one is named, each by its file and function."""
    assert rule.tests
    for test in rule.tests:
        module, _, name = test.partition("::")
        assert name in functions(module), test


def test_each_rule_has_a_name_of_its_own():
    """The name is how a rule is asked for, and told of."""
    assert [n for n, count in Counter(r.name for r in RULES).items() if count > 1] == []


@pytest.mark.parametrize("place", LEAST)
def test_rules_of_every_place_are_taken_away(place):
    """Templates, images and compose.yaml: none of them is left out."""
    assert sum(rule.file.startswith(place) for rule in RULES) >= LEAST[place]


def test_rules_are_found_by_a_part_of_their_name_or_file():
    """Whatever the case of the letters; without words all are meant."""
    relay = Rule("Nobody relays", "config/a", "", "", ())
    spool = Rule("A lesson is kept", "images/b", "", "", ())

    assert named([relay, spool], ("RELAYS",)) == [relay]
    assert named([relay, spool], ("images/", "relay")) == [relay, spool]
    assert named([relay, spool], ()) == [relay, spool]


def test_a_rule_that_is_taken_away_in_a_copy_is_missed_there(tmp_path):
    """The copy's own package is tested: a test fails that passes without the change."""
    module = "tests/unit/accounts/store/test_passwords.py"
    test = f"{module}::test_a_hash_says_its_scheme_and_verifies"
    rule = Rule(
        "Argon2id",
        "stack/accounts/store/passwords.py",
        '"{ARGON2ID}"',
        '"{ARGON2I}"',
        (),
    )

    with copied(tmp_path / "copy"):
        whole = failure(tmp_path / "copy", [test], core=True)
        rule.take_away(tmp_path / "copy")
        broken = failure(tmp_path / "copy", [test], core=True)

    assert (whole, broken) == ("", test)


def test_a_rule_that_has_moved_is_told(tmp_path):
    """Nothing is tried with a change that would change nothing, or too much."""
    (tmp_path / "a").write_text("twice twice\n")

    with pytest.raises(ValueError, match="exactly once"):
        Rule("", "a", "twice", "", ()).take_away(tmp_path)
