"""The policies that were fetched, on disk."""

import sqlite3

import pytest
from tls_policy.sts import cache as module
from tls_policy.sts.cache import Cache, CacheError, Stored
from tls_policy.sts.policy import Policy

POLICY = Policy("enforce", ("mx.a.test", "*.b.test"), 100)


@pytest.fixture
def file(tmp_path):
    """The place of the file, which is not there yet."""
    return tmp_path / "policies.db"


def test_a_policy_outlives_the_process_until_its_age_is_over(file):
    """It is the same, with the moment at which it was fetched."""
    stored = Stored("id1", POLICY, 1000.0)
    Cache(file).put("a.test", stored)

    assert Cache(file).get("a.test", 1099) == stored
    assert Cache(file).get("a.test", 1100) is None
    assert Cache(file).get("b.test", 1000) is None


def test_a_newer_policy_takes_the_place_of_the_old_one(file):
    """There is one for each domain."""
    cache = Cache(file)
    cache.put("a.test", Stored("id1", POLICY, 1000.0))
    cache.put("a.test", Stored("id2", Policy("none", (), 50), 1010.0))

    assert cache.get("a.test", 1020) == Stored("id2", Policy("none", (), 50), 1010.0)


def test_old_policies_and_too_many_are_removed(file, monkeypatch):
    """The file does not grow for ever: those that were fetched first go first."""
    monkeypatch.setattr(module, "_MOST", 3)
    cache = Cache(file)
    cache.put("old.test", Stored("id", Policy("none", (), 1), 1.0))
    for number in range(5):
        cache.put(f"{number}.test", Stored("id", POLICY, 1000.0 + number))

    assert cache.fetched_before(9999) == ["2.test", "3.test", "4.test"]
    assert cache.fetched_before(1003) == ["2.test"]


@pytest.mark.parametrize("content", [b"not a database" * 100, None])
def test_a_file_that_can_not_be_read_is_told(file, content):
    """With its place and what to do: a policy may be in it, so mail has to wait."""
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)

    with pytest.raises(CacheError, match=rf"{file}: .*: make room .* remove it"):
        Cache(file).get("a.test", 0)


def test_a_file_that_is_locked_is_told(file):
    """After five seconds."""
    Cache(file).put("a.test", Stored("id", POLICY, 1.0))
    with sqlite3.connect(file) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CacheError, match="locked"):
            Cache(file).get("a.test", 0)
