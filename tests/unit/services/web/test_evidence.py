"""For how long the policies have been seen to be right."""

from datetime import timedelta

import pytest

from stack.services.web import evidence
from stack.system.errors import UnableError
from tests.support.certs.bundles import TODAY

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RIGHT = {"a.example": True}


def test_the_day_begins_when_all_is_right_for_the_first_time(project):
    """Later looks change nothing."""
    evidence.note(project, RIGHT, "id", TODAY)
    found = evidence.note(project, RIGHT, "id", TODAY + 20 * HOUR)

    assert not found.is_long_enough("a.example", TODAY + DAY - HOUR)
    assert found.is_long_enough("a.example", TODAY + DAY)
    assert evidence.load(project) == found


def test_a_fault_begins_it_anew(project):
    """However short it was."""
    evidence.note(project, RIGHT, "id", TODAY)
    evidence.note(project, {"a.example": False}, "id", TODAY + HOUR)
    found = evidence.note(project, RIGHT, "id", TODAY + 2 * HOUR)

    assert not found.is_long_enough("a.example", TODAY + DAY + HOUR)
    assert found.is_long_enough("a.example", TODAY + DAY + 2 * HOUR)


def test_another_policy_begins_it_anew(project):
    """What others saw was not this one."""
    evidence.note(project, RIGHT, "old", TODAY)
    found = evidence.note(project, RIGHT, "new", TODAY + DAY)

    assert not found.is_long_enough("a.example", TODAY + DAY)


def test_a_domain_that_was_not_looked_at_stays_as_it_was(project):
    """`stack dns check DOMAIN` looks at one of them."""
    evidence.note(project, RIGHT, "id", TODAY)
    found = evidence.note(project, {"b.example": True}, "id", TODAY + DAY)

    assert found.is_long_enough("a.example", TODAY + DAY)
    assert not found.is_long_enough("b.example", TODAY + DAY)
    assert not found.is_long_enough("c.example", TODAY + DAY)


def test_a_damaged_file_is_told(project):
    """The remedy costs a day, and no mail."""
    project.write(project.policy_seen, "half")

    with pytest.raises(UnableError, match="delete it, then the day begins anew"):
        evidence.load(project)
