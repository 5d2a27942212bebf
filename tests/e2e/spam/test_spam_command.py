"""`stack spam learn`, `forget`, `test` and `stats` work on the running filter."""

import json
import mailbox
import subprocess
import sys

import pytest

from tests.support.faults.services import stopped
from tests.support.mail.message import PUSHY, letter
from tests.support.server.project import Project, clean_environment
from tests.support.wait import wait_until


def known(project: Project) -> dict[str, int]:
    """Tell how much the site has learnt, as `stack spam stats` prints it."""
    printed = json.loads(project.stack("spam", "stats", "--json").stdout)
    nothing = {"nspam": 0, "nham": 0, "ntokens": 0}
    site: dict[str, int] = printed["users"].get("site", nothing)
    return site


@pytest.mark.core
def test_learn_and_forget_change_the_counts(server, subject):
    """
    `stack spam learn` and `forget` change what the filter has learnt, within seconds.
    """
    project = server.project
    # To the filter, two of one date and text are one.
    messages = {
        kind: letter("a@outside.test", "b@example.test", subject, f"{kind}\n").decode()
        for kind in ("spam", "ham")
    }
    before = counts(project)

    done = {
        kind: project.stack("spam", "learn", kind, "-", stdin=message).stderr
        for kind, message in messages.items()
    }
    more = {kind: count + 1 for kind, count in before.items()}
    wait_until(lambda: counts(project) == more, "one more of each", 60)
    for message in messages.values():
        project.stack("spam", "forget", "-", stdin=message)
    wait_until(lambda: counts(project) == before, "both forgotten", 60)

    for kind, said in done.items():
        assert f"Handed over to be learnt as {kind}: 1 message." in said


def counts(project: Project) -> dict[str, int]:
    """Tell how many messages of each kind the site has learnt."""
    now = known(project)
    return {"spam": now["nspam"], "ham": now["nham"]}


def test_learn_takes_each_message_of_an_mbox(server, subject):
    """`stack spam learn` takes each message of an mbox on stdin."""
    project = server.project
    before = known(project)["nspam"]
    mbox = "".join(
        "From a@outside.test Wed Nov 25 02:00:00 2026\n"
        + letter("a@outside.test", "b@example.test", subject, f"{n}\n").decode()
        + "\n"
        for n in range(3)
    )

    done = project.stack("spam", "learn", "spam", "-", stdin=mbox)

    assert "3 messages" in done.stderr
    wait_until(lambda: known(project)["nspam"] == before + 3, "three more", 60)
    project.stack("spam", "forget", "-", stdin=mbox)


@pytest.mark.core
def test_test_prints_score_and_rules(server, subject):
    """
    `stack spam test` prints a message's score and each rule with points and
    description.
    """
    message = letter("a@outside.test", "b@example.test", subject, PUSHY).decode()

    done = server.project.stack("spam", "test", "-", "--json", stdin=message)

    found = json.loads(done.stdout)
    assert found["spam"] is True
    assert found["score"] >= found["required"] == 5.0
    assert sum(each["points"] for each in found["tests"]) == pytest.approx(
        found["score"], abs=0.1 * len(found["tests"])
    )
    assert all(each["name"] and each["description"] for each in found["tests"])


def on_the_host(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the operator's command the way people with Python run it."""
    named = {
        option: [
            each.removeprefix(option)
            for each in project.options
            if each.startswith(option)
        ]
        for option in ("--file=", "--env-file=")
    }
    return subprocess.run(
        [sys.executable, "-m", "stack", "--project", str(project.folder), *arguments],
        env={
            **clean_environment(),
            "PYTHONPATH": str(project.folder),
            "COMPOSE_PROJECT_NAME": project.name,
            "COMPOSE_FILE": ":".join(named["--file="]),
            "COMPOSE_ENV_FILES": ",".join(named["--env-file="]),
        },
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


def test_on_the_host_a_file_is_passed_to_the_container(server, subject, tmp_path):
    """
    On the host, `stack spam test` passes a file to a container that has the socket.
    """
    path = tmp_path / "letter.eml"
    path.write_bytes(letter("a@outside.test", "b@example.test", subject, PUSHY))

    done = on_the_host(server.project, "spam", "test", "--json", str(path))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["spam"] is True


def test_on_the_host_maildir_files_are_passed_to_the_container(
    server, subject, tmp_path
):
    """
    On the host, `stack spam forget` takes Maildir files, whose names hold colons.

    A file may be named twice, and the whole Maildir, too.
    """
    box = mailbox.Maildir(tmp_path / "Maildir")
    message = mailbox.MaildirMessage(
        letter("a@outside.test", "b@example.test", subject, PUSHY)
    )
    message.set_flags("S")
    box.add(message)
    (path,) = (tmp_path / "Maildir").glob("*/*:2,S")

    named = (path, path, tmp_path / "Maildir")
    done = on_the_host(server.project, "spam", "forget", *map(str, named))

    assert done.returncode == 0, done.stderr
    assert "forgotten: 3 messages" in done.stderr


def test_while_the_filter_is_down_the_command_exits_3(server):
    """
    While the filter is down, `stack spam stats` exits 3 and says how to start it.

    Lists and thresholds need no filter.
    """
    with stopped(server.project, "spamassassin"):
        asked = server.project.stack("spam", "stats", check=False)
        listed = server.project.stack("spam", "block", "list", "--json", check=False)

    assert (asked.returncode, asked.stdout) == (3, "")
    assert "docker compose up --detach --wait spamassassin" in asked.stderr
    assert listed.returncode == 0
