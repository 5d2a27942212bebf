"""Training the spam filter through its control socket, and what it has learnt."""

import json
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from tests.support.faults.services import stopped
from tests.support.mail.message import letter
from tests.support.server.project import Project
from tests.support.wait import wait_until

# Two made-up languages that have no letter in common.
_LETTERS = {"spam": "bcdfgae", "ham": "klmnpou"}

# Run with the socket at hand; each line of stdin or argv is a request in JSON.
_ASK = """
import json, socket, sys
for line in sys.argv[1:] or sys.stdin:
    asked = json.loads(line)
    message = asked["message"].encode()
    head = "".join(f"{part}\\r\\n" for part in asked["head"])
    with socket.socket(socket.AF_UNIX) as control:
        control.connect("/run/spam/control")
        size = f"Content-length: {len(message)}\\r\\n\\r\\n"
        control.sendall(f"{head}{size}".encode() + message)
        print(json.dumps(control.makefile("rb").read().decode()))
"""

_FORGET = """
import sqlite3
with sqlite3.connect("/var/lib/bayes/bayes.db", timeout=30) as database:
    for table in ("token", "seen", "expire", "vars"):
        database.execute(f"DELETE FROM bayes_{table}")
"""


@dataclass(frozen=True)
class TrainingRequest:
    """A request to the control socket."""

    head: list[str]
    message: str = ""

    def __str__(self) -> str:
        """Write it as _ASK reads it."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Known:
    """How many messages were learnt for a user, or for the site."""

    nspam: int
    nham: int


def text(kind: str, seed: object) -> str:
    """Write some lines in the language of *kind*, spam or ham, always others."""
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - it is to be the same again
    words = ["".join(chance.choices(_LETTERS[kind], k=4)) for _ in range(40)]
    lines = (" ".join(words[at : at + 8]) for at in range(0, len(words), 8))
    return "\n".join(lines) + "\n"


def training_request(kind: str, message: bytes, user: str = "") -> TrainingRequest:
    """Say that *message* is of *kind*."""
    head = ["TELL SPAMC/1.5", f"Message-class: {kind}", "Set: local"]
    return TrainingRequest(
        [*head, *([f"User: {user}"] if user else [])], message.decode()
    )


def training_requests(
    kind: str, count: int, taught_as: str = "", user: str = ""
) -> list[TrainingRequest]:
    """Write *count* letters in the language of *kind*, and say what they are."""
    name = f"{taught_as}{user}"
    return [
        training_request(
            taught_as or kind,
            letter("a@outside.test", "b@example.test", f"{name} {each}", words),
            user,
        )
        for each in range(count)
        if (words := text(kind, f"{name} {each}"))
    ]


def train(project: Project, taught: Iterable[TrainingRequest]) -> list[str]:
    """Send many requests, and return the answers."""
    stdin = "\n".join(map(str, taught))
    done = project.operate("python3", "-c", _ASK, stdin=stdin)
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(project: Project, *head: str, message: str = "") -> str:
    """Ask one thing and return the answer."""
    asked = str(TrainingRequest(list(head), message))
    return str(json.loads(project.inside("spamassassin", "python3", "-c", _ASK, asked)))


def stats(project: Project) -> dict:
    """Return what STATS tells."""
    answer = ask(project, "STATS SPAMC/1.5")
    return dict(json.loads(answer.partition("\r\n\r\n")[2]))


def known(project: Project, user: str = "site") -> Known:
    """Return how much was taught for *user*."""
    found = stats(project)["users"].get(user, {"nspam": 0, "nham": 0})
    return Known(found["nspam"], found["nham"])


def wait_until_learnt(project: Project, within: float = 120) -> None:
    """Wait until nothing waits to be learnt."""
    wait_until(
        lambda: not stats(project)["spool"]["messages"], "an empty spool", within
    )


def wait_until_known(
    project: Project, nspam: int, nham: int, user: str = "site", within: float = 30
) -> None:
    """Wait until just so much was taught for *user*."""
    wanted = Known(nspam, nham)
    wait_until(lambda: known(project, user) == wanted, f"{user}: {wanted}", within)


def in_volume(project: Project, script: str) -> None:
    """Run a shell *script* in the volume of Bayes while nobody uses it."""
    with stopped(project, "spamassassin"):
        project.docker.containers.run(
            project.image,
            ["-euc", script],
            entrypoint="sh",
            remove=True,
            network_mode="none",
            user="5007:5007",
            working_dir="/bayes",
            volumes={f"{project.name}_bayes": {"bind": "/bayes", "mode": "rw"}},
        )


def forget_all(project: Project) -> None:
    """Delete all training, once nothing waits to be learnt."""
    wait_until_learnt(project)
    project.inside("spamassassin", "python3", "-c", _FORGET)


def written(kind: str, subject: str) -> bytes:
    """Write a letter in the language of *kind*."""
    return letter("a@outside.test", "b@example.test", subject, text(kind, subject))
