"""Waiting for what services say of a new configuration."""

import fcntl
from collections.abc import Callable
from itertools import chain, repeat

import pytest

from stack.apply import verdicts
from stack.apply.verdicts import Verdict, View

NEW, OLD = "a" * 64, "b" * 64
ACCEPTED, REFUSED = Verdict(NEW, False, ""), Verdict(NEW, True, "fatal: lots")
UP_TO_DATE = View(watches=True, verdict=ACCEPTED)
AWAY = View(watches=False, verdict=None)
TRYING = View(watches=True, verdict=Verdict(OLD, False, ""))


def seen(*views: View) -> Callable[[str], View]:
    """Return a look that sees *views* one after the other, the last one for ever."""
    coming = chain(views, repeat(views[-1]))
    return lambda _: next(coming)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Shorten the pauses, not what they are between."""
    monkeypatch.setattr(verdicts, "PAUSE", 0.001)
    monkeypatch.setattr(verdicts, "RESTART_TIMEOUT", 0.05)


def test_a_service_that_is_down_is_not_waited_for():
    """A service whose container does not run gives no verdict, and no time is lost."""
    assert verdicts.wait(seen(AWAY), {"postfix": NEW}) == {}


def test_what_was_said_of_another_configuration_is_no_answer():
    """A verdict on an older digest does not end the wait."""
    said = verdicts.wait(seen(TRYING, TRYING, TRYING, UP_TO_DATE), {"postfix": NEW})

    assert said == {"postfix": ACCEPTED}


def test_a_refusal_is_told_in_the_daemons_words():
    """The verdict of a service that refuses holds what its daemon said."""
    look = seen(TRYING, View(watches=True, verdict=REFUSED))

    assert verdicts.wait(look, {"postfix": NEW}) == {"postfix": REFUSED}


def test_a_service_that_ends_meanwhile_may_come_back():
    """Docker starts it again, and it says then what came of it."""
    look = seen(TRYING, TRYING, AWAY, AWAY, View(watches=True, verdict=REFUSED))

    assert verdicts.wait(look, {"postfix": NEW}) == {"postfix": REFUSED}


def test_what_was_said_before_a_service_ended_is_no_answer():
    """The file is still there, but nobody stands by it."""
    left = View(watches=False, verdict=ACCEPTED)
    look = seen(TRYING, TRYING, left, View(watches=True, verdict=REFUSED))

    assert verdicts.wait(look, {"postfix": NEW}) == {"postfix": REFUSED}


def test_a_service_that_stays_away_is_told():
    """A service that ends during the wait, and does not return, is an error."""
    said = verdicts.wait(seen(TRYING, TRYING, AWAY), {"postfix": NEW})

    assert said["postfix"].refused
    assert "has ended" in said["postfix"].words


def test_a_service_that_says_nothing_is_told():
    """A service that gives no verdict within the timeout is an error."""
    said = verdicts.wait(seen(TRYING), {"postfix": NEW}, timeout=0.05)

    assert said["postfix"].refused
    assert "has not said" in said["postfix"].words


def test_a_container_that_sees_another_folder_says_so_at_once():
    """A container whose mount shows a removed folder is reported without a wait."""
    blind = View(watches=True, verdict=Verdict("", True, "/config is empty"))

    said = verdicts.wait(seen(blind), {"postfix": NEW})

    assert said["postfix"].sees_stale_mount


@pytest.mark.parametrize("text", ["", "\n", "half", f"{NEW} perhaps\n", "\0"])
def test_a_file_that_says_nothing_is_no_verdict(text):
    """An empty or malformed verdict file is read as no verdict."""
    assert verdicts.parse(text) is None


def test_a_verdict_holds_all_lines_of_the_daemon():
    """A verdict of several lines is kept whole."""
    assert verdicts.parse(f"{NEW} refused\none\ntwo\n") == Verdict(
        NEW, True, "one\ntwo"
    )


def test_a_service_is_up_while_it_holds_its_lock(tmp_path, monkeypatch):
    """A service counts as up as long as it holds the lock on its verdict file."""
    monkeypatch.setattr(verdicts, "FOLDER", tmp_path)
    (tmp_path / "postfix").write_text(f"{NEW} accepted\n")

    assert verdicts.from_volume("postfix") == View(watches=False, verdict=ACCEPTED)
    with (tmp_path / "postfix.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert verdicts.from_volume("postfix") == UP_TO_DATE
    assert verdicts.from_volume("postfix") == View(watches=False, verdict=ACCEPTED)


def test_a_link_or_a_pipe_that_a_container_leaves_leads_nowhere(tmp_path, monkeypatch):
    """They share the folder: none of them may have `stack` read or await others."""
    monkeypatch.setattr(verdicts, "FOLDER", tmp_path)
    (tmp_path / "secret").write_text(f"{NEW} accepted\nsecret")
    (tmp_path / "postfix").symlink_to(tmp_path / "secret")
    (tmp_path / "postfix.lock").symlink_to(tmp_path / "secret")
    verdicts.os.mkfifo(tmp_path / "dovecot")

    assert verdicts.from_volume("postfix") == AWAY
    assert verdicts.from_volume("dovecot") == AWAY


def test_stack_exits_0_when_the_services_take_the_change(stack, ready, container):
    """`stack` exits 0 after each service has accepted the change."""
    container("postfix")
    container("dkim-sign")

    assert stack("domain", "add", "second.example").exit_code == 0


@pytest.mark.parametrize(
    ("service", "command"),
    [
        ("dkim-sign", ("domain", "add", "second.example")),
        ("postfix", ("init", "--hostname", "mx.example.org")),
    ],
)
def test_stack_exits_1_with_the_words_of_who_refuses(
    stack, ready, container, service, command
):
    """Each of its lines, and what serves meanwhile."""
    container(service, "no such key\nin line 3")

    done = stack(*command)

    assert done.exit_code == 1
    assert f"{service} goes on with its last good configuration" in done.stderr
    assert "\n  no such key\n  in line 3\n" in done.stderr


def test_what_changes_nothing_waits_for_nobody(stack, ready, container):
    """Not even for one who refuses what was rendered before: `up` does it each time."""
    container("postfix", "refused before")

    assert stack("init").exit_code == 0


def test_a_lock_that_others_hold_is_not_kept_while_stack_waits(
    stack, ready, container, monkeypatch
):
    """Accounts can be changed while a spam filter reads its rules."""
    held = []

    def wait(look, wanted):
        with ready.lock():
            held.append(set(wanted))
        return {}

    monkeypatch.setattr(verdicts, "wait", wait)

    assert stack("domain", "add", "second.example").exit_code == 0
    assert held == [{"dkim-sign"}]
