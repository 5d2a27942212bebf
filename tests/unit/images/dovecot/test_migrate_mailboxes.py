"""Mailboxes of the old layout are moved to the new one, whatever happens meanwhile."""

import os
import signal
import subprocess
from itertools import count
from pathlib import Path

import pytest

from tests.support.places import ROOT

MIGRATE = ROOT / "images/dovecot/mailboxes/migrate"
LAYOUT = MIGRATE.parent / "layout.conf"

# The name "maildir", as Dovecot writes it where that is the folder of a mailbox.
ESCAPED = "\x7f6daildir"

# What lies below a user's home, with its text; in the old layout, INBOX is ~/Maildir.
OLD = {
    "sieve/rules.sieve": "keep;",
    ".dovecot.sieve": "keep;",
    "Maildir/cur/1.M1:2,Sa": "letter",
    "Maildir/new/2.M2": "new letter",
    "Maildir/tmp/3.M3": "begun",
    "Maildir/dovecot-uidlist": "3 V1795956800 N3",
    "Maildir/dovecot-keywords": "0 urgent",
    "Maildir/dovecot.index.log": "log",
    "Maildir/dovecot.list.index": "made again",
    "Maildir/dovecot.list.index.log": "made again",
    "Maildir/subscriptions": "V\t2\n\nWork\t2026\nmaildir\nmy\tmaildir\n",
    "Maildir/dovecot-uidvalidity": "6b0c2012",
    "Maildir/dovecot-uidvalidity.6b0c2012": "",
    "Maildir/Work/cur/4.M4:2,": "at work",
    "Maildir/Work/new/": "",
    "Maildir/Work/tmp/": "",
    "Maildir/Work/dovecot-uidlist": "3 V1795956801 N9",
    "Maildir/Work/2026/cur/5.M5:2,": "this year",
    "Maildir/Work/2026/tmp/": "",
    "Maildir/only/leads/here/cur/6.M6:2,": "below",
    "Maildir/INBOX/child/new/7.M7": "child",
    "Maildir/maildir/cur/8.M8:2,": "of this name",
    "Maildir/.dots.in it/cur/9.M9:2,": "dots",
}
SUBSCRIBED = f"V\t2\n\nWork\t2026\n{ESCAPED}\nmy\t{ESCAPED}\n"
NEW = {
    "sieve/rules.sieve": "keep;",
    ".dovecot.sieve": "keep;",
    "mail/subscriptions": SUBSCRIBED,
    "mail/dovecot-uidvalidity": "6b0c2012",
    "mail/dovecot-uidvalidity.6b0c2012": "",
    "mail/mailboxes/INBOX/maildir/cur/1.M1:2,Sa": "letter",
    "mail/mailboxes/INBOX/maildir/new/2.M2": "new letter",
    "mail/mailboxes/INBOX/maildir/tmp/3.M3": "begun",
    "mail/mailboxes/INBOX/maildir/dovecot-uidlist": "3 V1795956800 N3",
    "mail/mailboxes/INBOX/maildir/dovecot-keywords": "0 urgent",
    "mail/mailboxes/INBOX/maildir/dovecot.index.log": "log",
    "mail/mailboxes/Work/maildir/cur/4.M4:2,": "at work",
    "mail/mailboxes/Work/maildir/dovecot-uidlist": "3 V1795956801 N9",
    "mail/mailboxes/Work/2026/maildir/cur/5.M5:2,": "this year",
    "mail/mailboxes/only/leads/here/maildir/cur/6.M6:2,": "below",
    "mail/mailboxes/INBOX/child/maildir/new/7.M7": "child",
    f"mail/mailboxes/{ESCAPED}/maildir/cur/8.M8:2,": "of this name",
    "mail/mailboxes/.dots.in it/maildir/cur/9.M9:2,": "dots",
}


@pytest.fixture
def home(tmp_path) -> Path:
    """Give a user a home, below the folder that ends in the test's name."""
    home = tmp_path / "example.test" / "alice"
    home.mkdir(parents=True)
    return home


def lay_out(home: Path, files: dict[str, str]) -> None:
    """Write *files* below *home*; a name that ends in a slash is a folder."""
    for name, text in files.items():
        path = home / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(text)


def files(home: Path) -> dict[str, str]:
    """Read all files below *home*."""
    return {
        str((Path(folder) / name).relative_to(home)): (Path(folder) / name).read_text()
        for folder, _, names in os.walk(home)
        for name in names
    }


def migrate(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the program over all users, with *options* to Perl."""
    return subprocess.run(
        ["perl", *options, str(MIGRATE), str(home.parents[1])],
        env={**os.environ, "PERL5LIB": str(ROOT / "tests/support/images")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_mailbox_moves_with_all_that_is_known_of_it(home):
    """Mail, flags, UIDs and subscriptions stay; one line says what was done."""
    lay_out(home, OLD)

    done = migrate(home)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "moved 7 mailboxes of 1 users to a place where they may have any name\n"
    )
    assert files(home) == NEW
    assert not (home / "Maildir").exists()


def test_run_killed_at_any_step_is_resumed(tmp_path):
    """After each kill, another start leaves what one start without a kill leaves."""
    for step in count():
        home = tmp_path / str(step) / "example.test" / "alice"
        lay_out(home, OLD)
        if migrate(home, f"-MKilled={step}").returncode != -signal.SIGKILL:
            break
        assert migrate(home).returncode == 0, step
        assert files(home) == NEW, step

    assert step > len(OLD)


def test_a_second_start_says_and_changes_nothing(home):
    """Nothing changes where all mailboxes have their place, or where there are none."""
    empty = migrate(home)
    lay_out(home, OLD)
    migrate(home)

    again = migrate(home, "-MKilled=0")

    assert (empty.returncode, empty.stdout, empty.stderr) == (0, "", "")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert files(home) == NEW


@pytest.mark.parametrize(
    "name",
    [
        "subscriptions",
        "dovecot-uidlist",
        "dovecot-uidlist.lock",
        "dovecot.index",
        "dovecot.index.log",
        "dovecot-keywords",
        "dovecot.list.index",
        "dovecot-uidvalidity",
        "dovecot.mailbox.log",
        "mailboxes.lock",
        "maildirfolder",
        "mail",
        "mailboxes",
        "recovered-1",
    ],
)
def test_a_folder_that_stood_in_dovecots_way_becomes_one_as_any(home, name):
    """It is no longer among Dovecot's own files, nor is one below another mailbox."""
    lay_out(
        home,
        {
            f"Maildir/{name}/cur/1.M1:2,": "top",
            f"Maildir/Work/{name}/cur/2.M2:2,": "below",
            "Maildir/Work/cur/3.M3:2,": "work",
            "Maildir/cur/4.M4:2,": "inbox",
        },
    )

    assert migrate(home).returncode == 0
    assert files(home) == {
        f"mail/mailboxes/{name}/maildir/cur/1.M1:2,": "top",
        f"mail/mailboxes/Work/{name}/maildir/cur/2.M2:2,": "below",
        "mail/mailboxes/Work/maildir/cur/3.M3:2,": "work",
        "mail/mailboxes/INBOX/maildir/cur/4.M4:2,": "inbox",
    }


def test_a_mailbox_whose_place_is_taken_gets_another_name(home):
    """Where an older version has run since, nothing is overwritten; a line tells."""
    lay_out(home, OLD)
    migrate(home)
    lay_out(
        home,
        {
            "Maildir/cur/10.M10:2,": "later",
            "Maildir/Work/cur/11.M11:2,": "later work",
            "Maildir/Other/cur/12.M12:2,": "other",
            "Maildir/subscriptions": "V\t2\n\nOther\nWork\t2026\n",
        },
    )

    done = migrate(home)

    assert done.returncode == 0
    assert f"{home}: the mailbox Work is called recovered-1 now\n" in done.stdout
    assert f"{home}: the mailbox INBOX is called recovered-2 now\n" in done.stdout
    assert files(home) == {
        **NEW,
        "mail/subscriptions": f"{SUBSCRIBED}Other\n",
        "mail/mailboxes/recovered-1/maildir/cur/11.M11:2,": "later work",
        "mail/mailboxes/recovered-2/maildir/cur/10.M10:2,": "later",
        "mail/mailboxes/Other/maildir/cur/12.M12:2,": "other",
    }


def test_names_as_long_and_as_deep_as_they_could_be(home):
    """A name stays as long as paths allow for messages below it; else it gets short."""
    boxes = home / "mail/mailboxes"
    room = 4095 - len(f"{boxes}//maildir/cur/") - 100
    levels = "/".join(["d" * 250] * 17)
    longest, deepest = levels[:room].rstrip("/"), "/".join("k" * 300)
    beyond, crowded = f"ff{longest}", f"e{levels[: room - 50]}".rstrip("/")
    for name in (longest, deepest, beyond, crowded):
        (home / "Maildir" / name / "cur").mkdir(parents=True)
    # Longer than those that Dovecot gives to messages.
    (home / "Maildir" / crowded / "cur" / ("m" * 155)).touch()

    done = migrate(home)

    assert (done.returncode, done.stderr) == (0, "")
    assert (boxes / longest / "maildir/cur").is_dir()
    assert (boxes / deepest / "maildir/cur").is_dir()
    assert (boxes / "recovered-1/maildir/cur").is_dir()
    assert (boxes / "recovered-2/maildir/cur").is_dir()
    assert not (boxes / "recovered-3").exists()


def test_an_error_names_the_place_and_what_helps(home):
    """Nobody's mail is served then; what moved stays moved, and the rest follows."""
    lay_out(home, {**OLD, "mail": "a file where a folder has to be"})
    refused = migrate(home)
    (home / "mail").unlink()

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"not starting: making {home}/mail")
    assert "there must be room; no mail is lost, and the next start" in refused.stderr
    assert migrate(home).returncode == 0
    assert files(home) == NEW


def test_a_volume_that_cannot_be_read_is_an_error(home):
    """It isn't taken for one without mail."""
    missing = home / "not" / "there"

    refused = migrate(missing / "example.test" / "alice")

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"not starting: reading {missing}: No such file")


@pytest.mark.parametrize("made", [(), ("cur",), ("cur", "new")])
def test_a_mailbox_that_was_half_made_is_completed(home, made):
    """Killed between four steps, Dovecot could neither open it nor make it again."""
    half = home / "mail/mailboxes/Work/half/maildir"
    half.mkdir(parents=True)
    for part in made:
        (half / part).mkdir()

    assert migrate(home).returncode == 0
    assert sorted(each.name for each in half.iterdir()) == ["cur", "new", "tmp"]


def test_the_program_and_dovecot_mean_the_same_places():
    """Both know the folder, and what is written for a mailbox of the folder's name."""
    text = LAYOUT.read_text()

    assert "\nmail_path = ~/mail\n" in text
    assert "\nmailbox_root_directory_name = mailboxes\n" in text
    assert "\nmailbox_directory_name = maildir\n" in text
    assert f'\nmailbox_list_storage_escape_char = "{ESCAPED[0]}"\n' in text
