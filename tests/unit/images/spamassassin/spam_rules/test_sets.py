"""Sets of rules: one is in use at any time, and it is complete."""

from pathlib import Path

import pytest
from spam_rules.sets import Sets, channel_file, versions
from spam_rules.update.channel import remove_others

from tests.support.project.kill_steps import killed

VERSION = "4.000001"
STOCK = "updates_spamassassin_org"


@pytest.fixture
def sets(tmp_path: Path) -> Sets:
    """Have the set of the image, and an empty volume."""
    return laid_out(tmp_path)


def laid_out(folder: Path) -> Sets:
    """Make what the images have."""
    sets = Sets(folder / "rules", folder / "packaged")
    for each in ("rules/sets", "rules/chosen", f"packaged/{VERSION}/{STOCK}"):
        (folder / each).mkdir(parents=True)
    (sets.packaged / VERSION / f"{STOCK}.cf").write_text("# UPDATE version 000\n")
    return sets


def finish(sets: Sets, name: str) -> None:
    """Make a set that differs from the one before, and put it to use."""
    sets.begin()
    (sets.rules(sets.next) / "new.cf").write_text(f"# UPDATE version {name}\n")
    sets.finish(name)


def test_an_empty_volume_means_the_rules_of_the_image(sets):
    """Nothing needs to be there for mail to be scanned."""
    assert sets.chosen() == sets.packaged
    assert sets.rules(sets.chosen()) == sets.packaged / VERSION


def test_a_finished_set_is_chosen(sets):
    """It begins as a copy of the one before, which is not touched."""
    finish(sets, "1")

    rules = sets.rules(sets.chosen())
    assert sets.chosen() == sets.root / "sets" / "1"
    assert sorted(each.name for each in rules.iterdir()) == [
        "new.cf",
        STOCK,
        f"{STOCK}.cf",
    ]
    assert not (sets.packaged / VERSION / "new.cf").exists()


def test_a_set_is_on_disk_before_its_name_counts(sets, monkeypatch):
    """Power that fails leaves the old set in use, or the new one, whole."""
    synced = []

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())

    monkeypatch.setattr("os.fsync", fsync)
    finish(sets, "1")

    new = sets.rules(sets.next) / "new.cf"
    choice = sets.root / ".choice.new"
    assert synced.index(new) < synced.index(sets.next) < synced.index(choice)
    assert synced[-1] == sets.root / "chosen"


def test_only_the_previous_set_is_kept(sets):
    """spamd may be at reading it; older ones would fill the disk."""
    for name in ("1", "2", "3"):
        finish(sets, name)

    assert sorted(each.name for each in (sets.root / "sets").iterdir()) == ["2", "3"]


def test_the_set_of_a_configuration_is_the_one_it_was_checked_with(sets, tmp_path):
    """Whatever has been chosen since then."""
    finish(sets, "1")
    copy = tmp_path / "live" / "rules" / "chosen"
    copy.mkdir(parents=True)
    (copy / "set").write_text("1\n")
    finish(sets, "2")

    assert sets.of(tmp_path / "live").name == "1"
    assert sets.of(tmp_path / "elsewhere") == sets.packaged


@pytest.mark.parametrize("name", ["gone", "", "../..", "."])
def test_a_set_that_is_not_there_is_that_of_the_image(sets, name):
    """A volume that was emptied, or put back from a copy, doesn't stop the scan."""
    (sets.root / "chosen" / "set").write_text(f"{name}\n")

    assert sets.chosen() == sets.packaged


def test_a_set_of_another_version_is_not_used(sets):
    """After an upgrade of SpamAssassin, until its rules have been fetched."""
    finish(sets, "1")
    sets.rules(sets.chosen()).rename(sets.root / "sets" / "1" / "3.004006")

    assert sets.chosen() == sets.packaged


def test_reset_returns_to_the_packaged_set(sets):
    """Going back is told once."""
    finish(sets, "1")

    assert sets.reset() is True
    assert sets.chosen() == sets.packaged
    assert sets.reset() is False


def test_interrupted_update_starts_anew(sets):
    """Nothing of a half made set is taken over."""
    sets.begin()
    (sets.next / "half").write_text("")

    sets.begin()

    assert not (sets.next / "half").exists()


def test_a_kill_at_any_step_leaves_a_complete_set(tmp_path):
    """Either the old set or the new one is chosen, and the next try succeeds."""
    made: list[Sets] = []

    def prepare() -> None:
        made.append(laid_out(tmp_path / str(len(made))))
        for name in ("0", "1"):
            finish(made[-1], name)

    found = set()
    for _ in killed(prepare, lambda: finish(made[-1], "2")):
        sets = made[-1]
        name = sets.chosen().name
        rules = sets.rules(sets.chosen())
        assert (rules / "new.cf").read_text() == f"# UPDATE version {name}\n"
        assert (rules / f"{STOCK}.cf").exists()
        found.add(name)
        finish(sets, "3")
        assert sets.chosen().name == "3"
        assert not sets.next.exists()

    assert found == {"1", "2"}


def test_removed_channel_is_deleted(sets):
    """With its folder; the others stay."""
    sets.begin()
    rules = sets.rules(sets.next)
    (rules / "old_test").mkdir()
    (rules / "old_test.cf").write_text("")

    wanted = ("updates.spamassassin.org", "new.test")
    assert remove_others(sets, wanted) is True
    assert remove_others(sets, wanted) is False
    assert {each.stem for each in rules.iterdir()} == {STOCK}


def test_files_are_named_as_sa_update_names_them():
    """It replaces what is neither a letter nor a digit nor a hyphen."""
    assert channel_file("kam.sa-channels.example.com") == "kam_sa-channels_example_com"


def test_versions_are_told_by_channel(sets):
    """A channel that has sent nothing yet isn't there."""
    rules = sets.rules(sets.packaged)
    (rules / "a_test.cf").write_text("# UPDATE version 12\ninclude a_test/x.cf\n")

    assert versions(rules, ("a.test", "b.test")) == "a.test 12"
