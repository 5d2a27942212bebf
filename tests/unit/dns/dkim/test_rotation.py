"""DKIM keys go from phase to phase, and a kill in between changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stack.dns.dkim import rotation, state
from stack.dns.dkim.state import RETIRED_FOR, DomainKeys, Pair, RetiredPair
from stack.system.errors import StackError, UnableError

DOMAIN = "example.org"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LATER = datetime(2027, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def write(texts) -> None:
    """Write each text into its file."""
    for path, text in texts:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def ensure(directory: Path, now: datetime) -> tuple[DomainKeys, list[str]]:
    """Make what is missing; return the keys, and the names of what was made."""
    known = state.load(directory, DOMAIN)
    found, new = rotation.ensure(directory, DOMAIN, now, 2048, known)
    write(new.items())
    return found, [path.name for path in new]


def begin(directory: Path, now: datetime) -> DomainKeys:
    """Make the next keys."""
    write(rotation.begun(directory, DOMAIN, now, 2048))
    return state.load(directory, DOMAIN)


def switch(directory: Path, now: datetime) -> DomainKeys:
    """Have the next keys sign."""
    found = rotation.switched(directory, DOMAIN, now)
    write([(state.path(directory, DOMAIN), found.text)])
    return state.load(directory, DOMAIN)


@pytest.fixture
def made(tmp_path) -> Path:
    """A directory with the first keys of example.org."""
    ensure(tmp_path, NOW)
    return tmp_path


@pytest.fixture
def rotated(made) -> Path:
    """The same after a rotation; the private keys that are retired are destroyed."""
    begin(made, NOW)
    known = switch(made, NOW + DAY)
    for path in rotation.kept_private_keys(made, DOMAIN, known):
        path.unlink()
    return made


# --- What has to be there -------------------------------------------------------------


def test_a_domain_gets_two_keys_named_by_the_month(tmp_path):
    """RSA for all, Ed25519 for those who know it, under selectors of their own."""
    known, new = ensure(tmp_path, NOW)

    assert known.signing == Pair(rsa="rsa-202611", ed25519="ed25519-202611")
    assert new == ["rsa-202611.pem", "ed25519-202611.seed"]


def test_existing_key_is_never_replaced(made):
    """Months later the same keys are found, and none is to be written."""
    known, new = ensure(made, LATER)

    assert known.signing == Pair(rsa="rsa-202611", ed25519="ed25519-202611")
    assert new == []


@pytest.mark.parametrize("lost", ["rsa-202611.pem", "ed25519-202611.seed"])
def test_only_the_missing_key_is_made(made, lost):
    """Where one of the two is lost, the other stays."""
    (made / DOMAIN / lost).unlink()
    before = state.load(made, DOMAIN)

    known, new = ensure(made, LATER)

    name = lost.replace("202611", "202702")
    assert new == [name]
    assert known == state.load(made, DOMAIN)
    assert {before.signing.rsa, before.signing.ed25519} & {
        known.signing.rsa,
        known.signing.ed25519,
    }


def test_a_lost_key_has_a_successor_with_another_selector(rotated):
    """The record that is published for the lost one would not fit the new key."""
    known = state.load(rotated, DOMAIN)
    (rotated / DOMAIN / f"{known.signing.rsa}.pem").unlink()

    found, new = ensure(rotated, NOW + DAY)

    assert found.signing.rsa == "rsa-202611c"
    assert new == ["rsa-202611c.pem", "state.json"]
    assert state.load(rotated, DOMAIN) == found
    assert ensure(rotated, NOW + DAY) == (found, [])


def test_next_keys_of_which_one_is_lost_are_given_up(made):
    """The rotation begins anew, with the same selectors: they have never signed."""
    begin(made, NOW)
    (made / DOMAIN / "rsa-202611b.pem").unlink()

    known, new = ensure(made, NOW)

    assert (known.signing.rsa, known.next) == ("rsa-202611", None)
    assert new == ["state.json"]
    again = begin(made, NOW).next
    assert again
    assert again.rsa == "rsa-202611b"


# --- From phase to phase --------------------------------------------------------------


def test_next_keys_do_not_sign(made):
    """They have selectors of their own in the same month, and both are published."""
    known = begin(made, NOW)

    assert known.signing == Pair(rsa="rsa-202611", ed25519="ed25519-202611")
    assert known.next == Pair(rsa="rsa-202611b", ed25519="ed25519-202611b", since=NOW)
    assert list(rotation.published(made, DOMAIN, NOW)) == [
        *("rsa-202611", "ed25519-202611"),
        *("rsa-202611b", "ed25519-202611b"),
    ]


def test_what_signs_is_recorded_before_there_are_newer_keys(made):
    """Without the record, the newest keys sign; these nobody has published yet."""
    first, *others = rotation.begun(made, DOMAIN, NOW, 2048)

    assert first == (
        state.path(made, DOMAIN),
        state.load(made, DOMAIN).text,
    )
    for kept in range(len(others)):
        write([first, *others[:kept]])
        assert state.load(made, DOMAIN).signing.rsa == "rsa-202611"


def test_a_rotation_that_was_cut_off_begins_anew_in_its_place(made):
    """What a kill has left behind is written over."""
    write(rotation.begun(made, DOMAIN, NOW, 2048)[:-1])

    known = begin(made, NOW)

    assert known.next == Pair(rsa="rsa-202611b", ed25519="ed25519-202611b", since=NOW)
    assert len(list((made / DOMAIN).iterdir())) == 5


def test_the_switch_retires_the_keys_before(made):
    """Their records stay published, without the private keys."""
    before = rotation.published(made, DOMAIN, NOW)
    begin(made, NOW)

    known = switch(made, NOW + DAY)

    assert known.signing.rsa == "rsa-202611b"
    assert known.signing.since == NOW + DAY
    assert known.next is None
    (retired,) = known.retired
    assert (retired.rsa, retired.since, retired.records) == (
        "rsa-202611",
        NOW + DAY,
        before,
    )
    kept = rotation.kept_private_keys(made, DOMAIN, known)
    assert [path.name for path in kept] == ["rsa-202611.pem", "ed25519-202611.seed"]


def test_a_switch_needs_next_keys(made):
    """Nothing is made up."""
    with pytest.raises(StackError, match="has no next DKIM keys"):
        rotation.switched(made, DOMAIN, NOW)


def test_a_damaged_next_key_never_signs(made):
    """The signer would refuse its tables, and keep the keys before."""
    begin(made, NOW)
    (made / DOMAIN / "rsa-202611b.pem").write_text("rubbish")

    with pytest.raises(UnableError, match=r"rsa-202611b\.pem: missing or not a DKIM"):
        rotation.switched(made, DOMAIN, NOW)


def test_retired_records_stay_while_mail_is_on_its_way(rotated):
    """For seven days, more than a message waits in a queue; then they are removed."""
    known = state.load(rotated, DOMAIN)
    (retired,) = known.retired
    end = NOW + DAY + RETIRED_FOR
    just_before = end - timedelta(seconds=1)

    assert timedelta(days=5) < RETIRED_FOR
    assert rotation.removable(rotated, DOMAIN, known, just_before) == ()
    assert set(retired.records) <= set(rotation.published(rotated, DOMAIN, just_before))
    assert rotation.removable(rotated, DOMAIN, known, end) == (retired,)
    assert set(rotation.published(rotated, DOMAIN, end)) == {
        "rsa-202611b",
        "ed25519-202611b",
    }
    assert rotation.forgotten(known, [retired]).retired == ()


def test_the_week_begins_when_the_signer_has_let_go(made):
    """It may have used them until then: it was down, or refused its new tables."""
    begin(made, NOW)
    known, seen = switch(made, NOW), NOW + 30 * DAY

    assert rotation.removable(made, DOMAIN, known, seen) == ()
    ended = rotation.out_of_use(made, DOMAIN, known, seen)
    assert [pair.since for pair in ended.retired] == [seen]


def test_keys_that_are_destroyed_keep_their_day(rotated):
    """A later look doesn't make their week longer."""
    known = state.load(rotated, DOMAIN)

    assert rotation.out_of_use(rotated, DOMAIN, known, LATER) == known


def test_a_month_has_26_pairs():
    """A letter tells them apart; whoever wants more is told."""
    pair = Pair(rsa="rsa-202611", ed25519="ed25519-202611")
    last = RetiredPair(
        rsa="rsa-202611y", ed25519="ed25519-202611y", since=NOW, records={}
    )
    known = DomainKeys(signing=pair, retired=(last,))
    over = last.model_copy(update={"rsa": "rsa-202611z"})

    assert rotation._stamp(known, NOW) == "202611z"
    assert rotation._stamp(known, LATER) == "202702"
    with pytest.raises(StackError, match="26 pairs of DKIM keys of 2026-11"):
        rotation._stamp(known.model_copy(update={"retired": (over,)}), NOW)
