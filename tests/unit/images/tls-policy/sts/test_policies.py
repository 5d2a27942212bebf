"""Which policy holds for a domain, whatever can be fetched."""

import asyncio
import sqlite3
from dataclasses import dataclass, field

import pytest
from tls_policy.dns_lookup import UnansweredError
from tls_policy.sts.cache import Cache, CacheError
from tls_policy.sts.policies import FETCH_AGAIN, LOOK_AGAIN, Policies
from tls_policy.sts.policy import Policy, PolicyError

from tests.support.network.dns_answers import FAILS, Names

WEEK = 604800
ENFORCE = Policy("enforce", ("mx.a.test",), WEEK)
NONE = Policy("none", (), WEEK)
RECORD = {"_mta-sts.a.test TXT": ['"v=STSv1; id=1"']}


@dataclass
class World:
    """A domain, what it publishes, a clock, and who finds out."""

    folder: object
    names: Names = field(default_factory=lambda: Names({}, RECORD))
    published: Policy | None = ENFORCE
    """What can be fetched, if anything."""
    id: str = "1"
    time: float = 1_800_000_000.0
    fetches: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin as after a start."""
        self.restart()

    def restart(self) -> None:
        """Forget what was only in memory."""
        cache = Cache(self.folder / "policies.db")
        self.policies = Policies(cache, self.names.ask, self.fetch, lambda: self.time)

    async def fetch(self, domain: str, known_id: str | None):
        """Fetch as sts/fetch.py does."""
        assert domain == "a.test"
        self.fetches.append(known_id)
        if self.published is None:
            raise PolicyError("it is gone")
        return None if known_id == self.id else (self.id, self.published)

    def of(self, later: float = 0) -> Policy | None:
        """Return the policy that holds so many seconds *later*."""
        self.time += later
        return asyncio.run(self.policies.of("a.test"))


@pytest.fixture
def world(tmp_path):
    """Return a domain with a policy."""
    return World(tmp_path)


def test_a_policy_is_fetched_once_and_holds(world):
    """Not again within a minute, and after that only if its id is another."""
    assert world.of() == ENFORCE
    assert world.of(LOOK_AGAIN - 1) == ENFORCE
    assert world.fetches == [None]
    assert world.of(1) == ENFORCE
    assert world.fetches == [None, "1"]


def test_a_policy_is_fetched_in_full_once_a_day(world):
    """Though its id is the same: else it would hold longer than it says."""
    world.of()

    world.of(FETCH_AGAIN)

    assert world.fetches == [None, None]


def test_a_new_policy_takes_the_place_of_the_old_one(world):
    """The domain says so by another id; mode none takes the old one back."""
    world.of()
    world.id, world.published = "2", NONE

    assert world.of(LOOK_AGAIN) == NONE


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("attack", ["fetch fails", "no record", "names fail"])
def test_a_failed_fetch_keeps_the_policy_until_its_age_is_over(
    world, attack, restarted
):
    """Whoever comes between us and the domain can't switch its policy off."""
    world.of()
    if attack == "fetch fails":
        world.published, world.id = None, "2"
    elif attack == "no record":
        world.names.unsigned = {}
    else:
        world.names.unsigned = {"_mta-sts.a.test TXT": FAILS}
    if restarted:
        world.restart()

    assert world.of(LOOK_AGAIN) == ENFORCE
    assert world.of(WEEK - LOOK_AGAIN - 1) == ENFORCE
    if attack == "names fail":
        with pytest.raises(UnansweredError):
            world.of(1)
    else:
        assert world.of(1) is None


def test_a_domain_without_a_policy_has_none(world):
    """No record, or one of something else; nothing is fetched."""
    for records in ({}, {"_mta-sts.a.test TXT": ['"v=spf1 -all"', '"x"']}):
        world.names.unsigned = records
        assert world.of(LOOK_AGAIN) is None
    assert world.fetches == []


def test_a_policy_that_never_could_be_fetched_is_none(world):
    """RFC 8461, section 3.3. It is tried again after a minute."""
    world.published = None
    assert world.of() is None
    world.published = ENFORCE
    assert world.of(LOOK_AGAIN - 1) is None
    assert world.of(1) == ENFORCE


def test_without_an_answer_of_the_dns_nobody_knows(world):
    """Neither from what is kept; and the next question looks again."""
    world.names.unsigned = {"_mta-sts.a.test TXT": FAILS}
    with pytest.raises(UnansweredError):
        world.of()
    world.names.unsigned = RECORD
    assert world.of() == ENFORCE


def test_a_policy_that_can_not_be_kept_holds_all_the_same(world, caplog):
    """It is fetched at each question then: never is there none."""
    world.of()
    world.id = "2"
    with sqlite3.connect(world.folder / "policies.db") as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON policies"
            " BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
        )
    database.close()

    assert world.of(LOOK_AGAIN) == ENFORCE
    assert world.of() == ENFORCE

    assert "a.test: its policy is not kept" in caplog.text
    assert world.fetches == [None, "1", "1"]


def test_what_is_kept_but_can_not_be_read_is_not_taken_for_nothing(world):
    """A domain may have a policy there."""
    world.of()
    (world.folder / "policies.db").write_bytes(b"damaged" * 1000)

    with pytest.raises(CacheError):
        world.of(LOOK_AGAIN)


def test_many_questions_at_once_make_one_fetch(world):
    """A queue full of mail to one domain does not ask it for each."""

    async def many() -> list[Policy | None]:
        return await asyncio.gather(*(world.policies.of("a.test") for _ in range(50)))

    assert asyncio.run(many()) == [ENFORCE] * 50
    assert world.fetches == [None]


def test_policies_are_fetched_again_before_they_end(world):
    """Also without mail to the domain, so that waiting for their end is no attack."""
    world.of()
    world.id, world.published = "2", Policy("enforce", ("mx.b.test",), WEEK)

    world.time += FETCH_AGAIN + 1
    asyncio.run(world.policies.refresh())
    world.published = None

    assert world.of(WEEK - 1) == Policy("enforce", ("mx.b.test",), WEEK)


def test_a_refresh_goes_on_when_a_domain_fails(world):
    """Its policy stays."""
    world.of()
    world.names.unsigned = {"_mta-sts.a.test TXT": FAILS}
    world.time += FETCH_AGAIN + 1

    asyncio.run(world.policies.refresh())

    assert world.of() == ENFORCE
