"""A channel with updates of SpamAssassin rules, and what the server does with them."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.server.project import Project
from tests.support.wait import wait_until
from tests.support.world.name_servers import name_server

_VERSION = "1.0.4.rules.test."
PACKAGED = "/usr/local/share/spamassassin"
OWN = "var/spam/local.cf"
TIMEOUT = 300


"""Seconds: a compiler is at work, and gives way to mail and to all other tests."""


@dataclass(frozen=True)
class Rule:
    """A rule that nobody else has, and the word it looks for."""

    name: str = field(default_factory=lambda: f"OWN_{secrets.token_hex(4).upper()}")
    word: str = field(default_factory=lambda: f"word{secrets.token_hex(6)}")
    score: float = 0.1

    def __str__(self) -> str:
        """Write it as SpamAssassin reads it."""
        return (
            f"body {self.name} /\\b{self.word}\\b/\n"
            f"describe {self.name} Has the word of a test\n"
            f"score {self.name} {self.score}\n"
        )


@dataclass
class Channel:
    """rules.test, which `project` asks for rules."""

    project: Project
    taken: Rule | None = None
    """The rule of its last update, while that is in use."""

    @property
    def key(self) -> str:
        """The public key that people know the channel by."""
        return self.project.inside("mirror", "cat", "/keys/known.asc").decode()

    def publish(self, rules: str, signed_by: str = "known") -> str:
        """Put out *rules* and return their version; who is asked learns of it now."""
        version = str(time.time_ns() // 1_000_000)
        self.project.inside("mirror", "publish", version, signed_by, rules)
        self.withdraw()
        name_server.add(self.project, [f'{_VERSION} 1 IN TXT "{version}"'])
        return version

    def withdraw(self) -> None:
        """Have nothing new for anybody."""
        name_server.remove(self.project, [_VERSION])

    def spoil(self, version: str) -> None:
        """Change the archive of *version* after it was signed."""
        script = 'echo more >> "/mirror/$0.tar.gz"'
        self.project.inside("mirror", "sh", "-c", script, version)


def check_for_updates(project: Project) -> float:
    """Have the updater check for rules now, and return when that was."""
    begin = time.time()
    project.inside("rule-updater", "update-rules")
    return begin


def wait_for_words(project: Project, words: str, begin: float, why: str = "") -> None:
    """Wait until the updater has said *words* since *begin*: *why* it should."""
    wait_until(
        lambda: words in project.said("rule-updater", begin),
        f"{words!r} in the log {why}",
        TIMEOUT,
    )


def set_in_use(project: Project) -> str:
    """The set of rules that the spamd in use has read, as a path."""
    return project.inside("spamassassin", "readlink", "/run/spamd/set").decode().strip()


@contextmanager
def own_rules(project: Project, text: str) -> Iterator[int]:
    """Have *text* at the end of the operator's file for a while, from line N on."""
    before = project.as_root(f"cat {OWN}")
    _write(project, before + text)
    try:
        yield before.count("\n") + 1
    finally:
        _write(project, before)
        project.wait_for("healthy", "spamassassin", TIMEOUT)


def _write(project: Project, text: str) -> None:
    # As editors do: beside it, then renamed.
    project.as_root(f"cat > {OWN}.new <<'END'\n{text}END\nmv {OWN}.new {OWN}")


def run_with_image_rules(project: Project, command: str) -> str:
    """
    Run a shell *command* where the filter's configuration is, with its image's rules.

    This folder is mounted on /tests. There is no network.
    """
    running = project.container("spamassassin")
    rules = f"mkdir /run/spamd && ln -s {PACKAGED} /run/spamd/set"
    said: bytes = project.docker.containers.run(
        running.image.id,
        ["-ec", f"{rules} && {command}"],
        entrypoint="sh",
        volumes_from=[running.id],
        volumes={str(Path(__file__).parent): {"bind": "/tests", "mode": "ro"}},
        network_mode="none",
        remove=True,
    )
    return said.decode()


def run_in_updater(project: Project, script: str, *arguments: str) -> str:
    """
    Run a Python *script* where rules are tried out, and return what it printed.

    It sees the configuration that the filter uses, and sets of rules of its own.
    """
    said: bytes = project.docker.containers.run(
        project.container("rule-updater").image.id,
        ["python3", "-c", script, *arguments],
        volumes={
            f"{project.name}_spamassassin-live": {"bind": "/live", "mode": "ro"},
        },
        network_mode="none",
        remove=True,
    )
    return said.decode()


def wait_for_rule(scan, rule: Rule) -> None:
    """Send mail again and again until *rule* hits; all of it is taken."""
    wait_until(lambda: hits(scan, rule), f"a hit of {rule.name}", TIMEOUT)


def hits(scan, rule: Rule) -> bool:
    """Whether a message with the word of *rule* is found by it."""
    return rule.name in scan(f"Here is the {rule.word}, as you wished.\n")
