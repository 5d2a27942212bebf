"""Whatever happens to the spam filter, mail waits; it neither passes nor is lost."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from docker.errors import ContainerError

from .faults import kill
from .load import Load
from .message import GTUBE, letter
from .wait import wait_until

# answer_timeout of spam-milter.conf, another spamd's start, and some patience.
RECOVERED = 40 + 40

# Prints the process ids of spamd: first the parent's, then its children's.
LISTED = """
for each in /proc/[0-9]*; do
    read -r name < $each/comm && [ "$name" = "$0" ] && echo "${each#/proc/}"
done 2>&- || true
"""


# Starts the filter on a full volume, and has it judge a harmless message and a bad one.
WITHOUT_ROOM = """
head -c 100M /dev/zero > /var/lib/bayes/full 2>&- || true
entrypoint python3 -m spam_milter &
timeout 90 sh -c 'until python3 -m spam_milter.probe; do sleep 0.5; done'
python3 - "$0" <<'PYTHON'
import sys
from spam_milter.protocol import ask
from spam_milter.spamd import SOCKET
for text in ("Until tomorrow.", sys.argv[1]):
    message = f"From: a@b.test\\r\\nSubject: x\\r\\n\\r\\n{text}\\r\\n".encode()
    print("score", ask(str(SOCKET), [message], 30).score, flush=True)
PYTHON
"""


def spamd(project, name: str) -> list[str]:
    """The process ids of spamd in the container: `spamd` or its `spamd child`ren."""
    return project.inside("spamassassin", "sh", "-c", LISTED, name).decode().split()


def signal(project, number: str, *pids: str) -> None:
    """Send a signal to processes of the filter's container, those that are left."""
    kill_them = f"kill -{number} {' '.join(pids)} || true"
    project.inside("spamassassin", "sh", "-c", kill_them)


@contextmanager
def under_load(alice, bob, subject):
    """Send mail all the while; what got a 250 must be there, with a score."""
    load = Load(alice, bob, subject)
    with load.running():
        yield load
    taken = {name for name in load.acknowledged if name.startswith(f"{subject} 25 ")}
    assert taken
    wait_until(lambda: load.acknowledged <= set(bob.subjects()), "all of it", 90)
    for name in taken:
        assert bob.receive(name).all("X-Spam-Score"), f"{name} is unscanned"


def scanned(spammer, reader, subject: str) -> bool:
    """Whether a message is taken and scanned now."""
    message = letter("a@outside.test", reader.address, subject)
    return spammer.send(reader.address, message).code == 250


@pytest.mark.provokes("spamassassin", "spamd: (warn|error)|child.*killed")
def test_killed_children_are_replaced(server, alice, bob, spammer, subject):
    """A message whose child dies is given to another."""
    project = server.project
    with under_load(alice, bob, subject):
        for _ in range(5):
            children = wait_until(lambda: spamd(project, "spamd child"), "children")
            signal(project, "KILL", *children)

    assert scanned(spammer, alice, f"after {subject}")


@pytest.mark.provokes("postfix", "milter|Milter")
@pytest.mark.parametrize("whom", ["milter", "spamd"])
def test_a_killed_filter_comes_back(server, alice, bob, subject, whom):
    """The container ends with either of them, and Docker starts it anew."""
    project = server.project
    started = project.container("spamassassin").attrs["State"]["StartedAt"]

    with under_load(alice, bob, subject):
        if whom == "milter":
            kill(project, "spamassassin")
        else:
            signal(project, "KILL", *spamd(project, "spamd"))
        wait_until(
            lambda: (
                project.container("spamassassin").attrs["State"]["StartedAt"] != started
            ),
            "another start",
            60,
        )
        project.wait_for("healthy", "spamassassin")


@pytest.mark.provokes("postfix", "milter|Milter")
def test_one_child_that_hangs_stops_mail_for_a_minute_at_most(
    server, alice, bob, spammer, subject
):
    """The others go on, or if it was its turn to take a message, another spamd does."""
    (one, *_) = spamd(server.project, "spamd child")

    signal(server.project, "STOP", one)
    try:
        with under_load(alice, bob, subject) as load:
            wait_until(
                lambda: (
                    scanned(spammer, alice, f"during {subject}")
                    and any(" 25 " in name for name in load.acknowledged)
                ),
                "messages scanned",
                RECOVERED,
            )
    finally:
        signal(server.project, "CONT", one)


@pytest.mark.provokes("postfix", "milter|Milter")
def test_a_filter_that_hangs_is_replaced(server, alice, bob, spammer, subject):
    """
    Who was being served is put off, and then another spamd takes over.

    Nothing else has to be done; the one that hung is gone.
    """
    project = server.project
    hung = [*spamd(project, "spamd child"), *spamd(project, "spamd")]

    signal(project, "STOP", *hung)
    with under_load(alice, bob, subject):
        wait_until(
            lambda: (
                scanned(spammer, alice, f"during {subject}")
                and not set(hung)
                & {*spamd(project, "spamd child"), *spamd(project, "spamd")}
            ),
            "another spamd",
            RECOVERED,
        )

    project.wait_for("healthy", "spamassassin")


def test_no_verdict_is_given_on_a_part(server):
    """
    Time that runs out between two groups of rules is told as well as within one.

    A fault there ends the scan without a verdict.
    """
    project = server.project
    filter_ = project.container("spamassassin")
    rules = "mkdir /run/spamd && ln -s /usr/local/share/spamassassin /run/spamd/set"

    said = project.docker.containers.run(
        filter_.image.id,
        ["-ec", f"{rules}; exec perl -T /tests/whole_verdict.pl"],
        entrypoint="sh",
        volumes_from=[filter_.id],
        volumes={str(Path(__file__).parent): {"bind": "/tests", "mode": "ro"}},
        network_mode="none",
        remove=True,
    )

    nothing, time, fault = said.decode().splitlines()
    assert "TIME_LIMIT_EXCEEDED" not in nothing
    assert "MISSING_DATE" in nothing
    assert "TIME_LIMIT_EXCEEDED" in time
    assert fault == "fault: not all rules could be tried"


def test_a_full_volume_of_bayes_stops_no_mail(server):
    """With no room to write, messages are scanned as ever."""
    project = server.project
    var = f"{project.folder}/var"
    try:
        said = project.docker.containers.run(
            project.container("spamassassin").image.id,
            ["-euc", WITHOUT_ROOM, GTUBE],
            entrypoint="bash",
            environment={"ALLOW_EPHEMERAL_DATA": "yes"},
            read_only=True,
            volumes={
                f"{var}/etc/spamassassin": {"bind": "/config", "mode": "ro"},
                f"{var}/spam": {"bind": "/local", "mode": "ro"},
            },
            tmpfs={
                "/var/lib/bayes": "size=2m,uid=5007,gid=5007",
                "/live": "uid=5007,gid=5007",
                "/run/spam": "uid=5007,gid=5007",
                "/run": "mode=1777",
                "/tmp": "",  # noqa: S108 - in the container
            },
            network_mode="none",
            remove=True,
            mem_limit="1g",
        )
    except ContainerError as error:
        pytest.fail(error.stderr.decode())

    harmless, spam = (
        float(line.split()[1])
        for line in said.decode().splitlines()
        if line.startswith("score ")
    )
    assert harmless < 15
    assert spam > 900
