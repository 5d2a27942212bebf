"""`stack spam learn`, `forget`, `test` and `stats`, here or in a container."""

import json

import pytest

from stack.services.spam import spamd
from stack.system import processes
from tests.support.network.control_socket import answering, reply
from tests.unit.services.spam.test_spamd import REPORT

LETTER = b"Subject: hello\n\nhello\n"


@pytest.fixture
def letter(tmp_path):
    """A message in a file."""
    path = tmp_path / "letter.eml"
    path.write_bytes(LETTER)
    return str(path)


@pytest.fixture
def control(tmp_path, monkeypatch):
    """A control socket in a folder that is mounted here."""
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(spamd, "CONTROL", tmp_path / "run" / "control")
    return spamd.CONTROL


@pytest.fixture
def handed(tmp_path, monkeypatch):
    """A machine without the socket, and what is run on it."""
    commands: list[list[str]] = []

    def hand_over(command) -> int:
        commands.append(list(command))
        return 7

    monkeypatch.setattr(spamd, "CONTROL", tmp_path / "nowhere" / "control")
    monkeypatch.setattr(processes, "run_attached", hand_over)
    monkeypatch.setattr(processes, "find", lambda _: "/usr/bin/docker")
    return commands


@pytest.mark.parametrize(
    ("words", "header", "said"),
    [
        (["learn", "spam"], b"Message-class: spam", "learnt as spam: 2 messages."),
        (["learn", "ham"], b"Message-class: ham", "learnt as ham: 2 messages."),
        (["forget"], b"Remove: local", "forgotten: 2 messages."),
    ],
)
def test_learn_hands_messages_over(
    stack, project, control, letter, words, header, said
):
    """Each by itself, from a file and from stdin."""
    with answering(control, lambda _: reply("0 EX_OK")) as asked:
        done = stack("spam", *words, letter, "-", input="Subject: b\n\nb\n")

    assert done.exit_code == 0, done.output
    assert [each.partition(b"\r\n\r\n")[2] for each in asked] == [
        LETTER,
        b"Subject: b\n\nb\n",
    ]
    assert all(header in each for each in asked)
    assert done.stderr.splitlines()[-1] == f"Handed over to be {said}"


def test_learn_hands_messages_over_for_a_user(stack, ready, control, letter):
    """The request names the user."""
    stack("user", "add", "a@example.org", "--generate")
    with answering(control, lambda _: reply("0 EX_OK")) as asked:
        stack("spam", "learn", "--user", "A@example.org", "spam", letter)

    assert b"User: a@example.org\r\n" in asked[0]


@pytest.mark.parametrize("words", [["learn", "spam"], ["forget"], ["test"]])
def test_unknown_user_is_refused(stack, ready, control, letter, words):
    """A mistyped address would train a filter that nobody uses."""
    with answering(control, lambda _: reply("0 EX_OK")) as asked:
        done = stack("spam", *words, letter, "--user", "nobody@example.org")

    assert (done.exit_code, asked) == (1, [])
    assert "nobody@example.org is not a user" in done.stderr


def test_learn_waits_for_room_in_the_spool(
    stack, project, control, letter, monkeypatch
):
    """A mailbox may be larger than what may wait to be learnt."""
    monkeypatch.setattr(spamd, "PAUSE", 0.0)
    answers = iter([reply("0 EX_OK"), *[reply("75 EX_TEMPFAIL full")] * 3])
    with answering(control, lambda _: next(answers, reply("0 EX_OK"))) as asked:
        done = stack("spam", "learn", "spam", letter, letter)

    assert done.exit_code == 0, done.output
    assert len(asked) == 5
    assert all(b"\r\nCan-wait: yes\r\n" in each for each in asked)
    assert "2 messages" in done.stderr


@pytest.mark.parametrize("status", ["75 EX_TEMPFAIL full", "74 EX_IOERR full"])
def test_failed_learn_reports_how_many_were_accepted(
    stack, project, control, letter, monkeypatch, status
):
    """When there is no room for long enough, and at once for another reason."""
    monkeypatch.setattr(spamd, "ROOM_TIMEOUT", 0.0)
    answers = iter([reply("0 EX_OK")] * 2)
    with answering(control, lambda _: next(answers, reply(status))):
        done = stack("spam", "learn", "spam", letter, letter, letter)

    assert done.exit_code == 1
    assert f"answered SPAMD/1.5 {status} to TELL" in done.stderr
    assert "; handed over before: 2 messages\n" in done.stderr


def test_test_prints_the_score(stack, project, control, letter):
    """For people a table, for programs JSON."""
    answer = reply("0 EX_OK", "Spam: True ; 6.0 / 5.0", body=REPORT)
    with answering(control, lambda _: answer):
        shown = stack("spam", "test", letter)
        parsed = json.loads(stack("spam", "test", letter, "--json").stdout)

    assert shown.stdout.splitlines()[:3] == [
        "6 points, 5 are spam",
        " -0.0  NO_RELAYS                Informational: message was not relayed via"
        " SMTP",
        "  1.0  XFER_LOTSA_MONEY         Transfer a lot of money",
    ]
    assert parsed["spam"] is True
    assert (parsed["score"], parsed["required"]) == (6.0, 5.0)
    assert parsed["tests"][1] == {
        "name": "XFER_LOTSA_MONEY",
        "points": 1.0,
        "description": "Transfer a lot of money",
    }


def test_stats_are_printed(stack, project, control):
    """A line for all, and for each user who has taught it; for programs as it came."""
    known = {
        "learning": "user",
        "enough": 200,
        "users": {
            "site": {"nspam": 210, "nham": 350, "ntokens": 81000},
            "alice@example.org": {"nspam": 10, "nham": 350, "ntokens": 900},
        },
        "spool": {"messages": 1, "bytes": 300},
    }
    with answering(control, lambda _: reply("0 EX_OK", body=json.dumps(known))):
        shown = stack("spam", "stats")
        parsed = stack("spam", "stats", "--json")

    assert shown.stdout.splitlines() == [
        "site               210 spam  350 ham  81000 tokens  counts",
        "alice@example.org  10 spam   350 ham  900 tokens    counts from 200 of each"
        " kind on",
    ]
    assert shown.stderr == "Not learnt yet: 1 message.\n"
    assert json.loads(parsed.stdout) == known


def test_stats_of_an_untrained_filter_are_explained(stack, project, control):
    """An empty table would look like a fault."""
    body = '{"enough": 200, "users": {}, "spool": {"messages": 0, "bytes": 0}}'
    with answering(control, lambda _: reply("0 EX_OK", body=body)):
        done = stack("spam", "stats")

    assert (done.stdout, done.stderr) == ("", "Nothing has been learnt.\n")


def test_unreachable_filter_is_explained(stack, project, control, letter):
    """The environment lacks something: exit code 3, and one line."""
    done = stack("spam", "learn", "spam", letter)

    assert (done.exit_code, done.stdout) == (3, "")
    assert "docker compose up --detach --wait spamassassin" in done.stderr


def test_on_the_host_the_command_runs_in_a_container(
    stack, project, handed, letter, monkeypatch
):
    """To a container that has the socket, with the files; its status is ours."""
    monkeypatch.chdir(project.root)
    done = stack("spam", "learn", "--user", "a@example.org", "spam", "letter.eml", "-")

    assert done.exit_code == 7
    assert handed == [
        [
            *("docker", "compose", "--project-directory", str(project.root)),
            *("run", "--rm", "--no-deps", "--no-TTY"),
            f"--volume={project.root}:/host{project.root}:ro",
            *("stack", "spam", "learn", "spam", f"/host{letter}", "-"),
            "--user=a@example.org",
        ]
    ]
    stack("spam", "stats", "--json")
    assert handed[1][-3:] == ["spam", "stats", "--json"]


def test_each_folder_is_mounted_once(stack, project, handed, tmp_path):
    """However many of its files are named, whatever their names; a Maildir is one."""
    name = tmp_path / "cur" / "1795000000.M1P2.mail:2,S"
    name.parent.mkdir()
    name.write_bytes(LETTER)

    stack("spam", "forget", str(name), str(name), str(tmp_path))

    (command,) = handed
    assert [word for word in command if word.startswith("--volume")] == [
        f"--volume={each}:/host{each}:ro" for each in (tmp_path, name.parent)
    ]
    assert command[-3:] == [f"/host{each}" for each in (name, name, tmp_path)]


def test_folder_with_a_colon_is_refused(stack, project, handed, tmp_path):
    """Compose would take it for two; what helps is said."""
    path = tmp_path / "a:b" / "letter.eml"
    path.parent.mkdir()
    path.write_bytes(LETTER)

    done = stack("spam", "test", str(path))

    assert (done.exit_code, handed) == (1, [])
    assert f"{path.parent}: has a colon" in done.stderr


def test_without_docker_the_command_is_shown(
    stack, project, handed, letter, monkeypatch
):
    """On a machine that drives the stack by other means."""
    monkeypatch.setattr(processes, "find", lambda _: None)

    done = stack("spam", "test", letter)

    assert done.exit_code == 3
    assert "docker compose run --rm stack spam test" in done.stderr
    assert handed == []


@pytest.mark.parametrize(
    "words",
    [
        ["learn", "spam"],
        ["learn", "maybe", "-"],
        ["learn", "spam", "missing.eml"],
        ["test"],
        ["forget"],
    ],
)
def test_invalid_arguments_are_refused_before_docker(stack, project, handed, words):
    """Exit code 2."""
    assert stack("spam", *words).exit_code == 2
    assert handed == []
