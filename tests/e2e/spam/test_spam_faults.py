"""When the spam filter dies, hangs or fills its disk, mail waits and none is lost."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import time

import pytest
from docker.errors import ContainerError

from tests.support.configuration.templates import await_applied, refused, replaced
from tests.support.faults.services import WHILE_RESTARTING, kill, slow
from tests.support.mail.message import GTUBE, letter
from tests.support.spam.load import from_strangers, under_load
from tests.support.spam.processes import at_work, signal, spamd
from tests.support.spam.training import train, training_requests, wait_until_known
from tests.support.wait import wait_until

# Another spamd's start, and some patience, in seconds.
RESTARTED = 40
# The same, and answer_timeout of spam-milter.conf.
RECOVERED = 40 + RESTARTED

# Keeps a child at work for more than a second.
LONG = "".join(
    f"In {day} days the river rises {7 * day} fingers above the old bridge of stones.\n"
    for day in range(3000)
)

killing = pytest.mark.provokes("spamassassin", "spamd: (warn|error)|child.*killed")

# Another file for Compose: what is learnt is kept on a disk that is soon full. It
# bears no mark of this server, and none is asked for.
SMALL = """
services:
  spamassassin:
    environment: {PERSISTENT_DATA: ""}
    volumes: ["small:/var/lib/bayes"]
volumes:
  small:
    driver_opts: {type: tmpfs, device: tmpfs, o: "size=8m,uid=5007,gid=5007"}
"""

# Starts the filter on a full volume, and has it judge a harmless message and a bad one.
WITHOUT_ROOM = """
head -c 100M /dev/zero > /var/lib/bayes/full 2>&- || true
entrypoint python3 -m spam_milter &
timeout 90 sh -c 'until python3 -m spam_milter.supervisor.health; do sleep 0.5; done'
python3 - "$0" <<'PYTHON'
import sys
from spam_milter.spamc.client import ask
from spam_milter.supervisor.spamd import SOCKET
for text in ("Until tomorrow.", sys.argv[1]):
    message = f"From: a@b.test\\r\\nSubject: x\\r\\n\\r\\n{text}\\r\\n".encode()
    print("score", ask(str(SOCKET), [message], 30).score, flush=True)
PYTHON
"""


def scanned(spammer, reader, subject: str) -> bool:
    """Whether a message is taken and scanned now."""
    message = letter("a@outside.test", reader.address, subject)
    return spammer.send(reader.address, message).code == 250


@killing
def test_killed_spamd_children_are_replaced(server, alice, bob, spammer, subject):
    """Killed children of spamd are replaced, and mail is scanned again."""
    project = server.project
    with under_load(alice, bob, subject) as load:
        for _ in range(5):
            children = wait_until(lambda: spamd(project, "spamd child"), "children")
            signal(project, "KILL", *children)
            before = from_strangers(load)
            wait_until(
                lambda before=before: from_strangers(load) - before, "a message scanned"
            )

    assert scanned(spammer, alice, f"after {subject}")


@pytest.mark.core
@killing
def test_a_message_whose_spamd_child_is_killed_is_scanned_by_another(
    server, alice, spammer, subject
):
    """
    A message whose spamd child is killed is scanned by another child, and accepted.
    """
    sender = "a@outside.test"
    message = letter(sender, alice.address, subject, LONG)
    with ThreadPoolExecutor() as pool:
        sending = pool.submit(spammer.send, alice.address, message, sender)
        # Looked at twice, as a child that answers a health check is soon done.
        busy = wait_until(
            lambda: at_work(server.project) & at_work(server.project), "one at work"
        )
        signal(server.project, "KILL", *busy)
        assert sending.result().code == 250

    assert alice.receive(subject).all("X-Spam-Score")


@pytest.mark.provokes("postfix", WHILE_RESTARTING)
@pytest.mark.parametrize(
    "whom", [pytest.param("milter", marks=pytest.mark.core), "spamd"]
)
def test_a_killed_filter_restarts(server, alice, bob, subject, whom):
    """When the milter or spamd is killed, the container ends and Docker restarts it."""
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


@pytest.mark.core
@pytest.mark.provokes("postfix", WHILE_RESTARTING)
def test_a_hanging_spamd_child_delays_mail_for_a_minute_at_most(
    server, alice, bob, spammer, subject
):
    """
    One spamd child that hangs delays mail for a minute at most.

    The other children go on, or if it was its turn to accept a message, spamd is
    replaced.
    """
    (one, *_) = spamd(server.project, "spamd child")

    signal(server.project, "STOP", one)
    try:
        with under_load(alice, bob, subject) as load:
            wait_until(
                lambda: (
                    scanned(spammer, alice, f"during {subject}")
                    and from_strangers(load)
                ),
                "messages scanned",
                RECOVERED,
            )
    finally:
        signal(server.project, "CONT", one)


@pytest.fixture
def short_timeout(server):
    """Have the milter give up spamd after five seconds without an answer, not forty."""
    project, file = server.project, "spamassassin/spam-milter.conf.j2"
    usual = "answer_timeout = {{ derived.spam_answer_timeout }}"
    with replaced(project, file, usual, "answer_timeout = 5"):
        await_applied(project, "spamassassin")
        yield
    await_applied(project, "spamassassin")


@pytest.mark.provokes("postfix", WHILE_RESTARTING)
def test_a_hanging_spamd_is_replaced(
    short_timeout, server, alice, bob, spammer, subject
):
    """When spamd hangs, its messages are deferred, and another spamd replaces it."""
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
            RESTARTED,
        )

    project.wait_for("healthy", "spamassassin")


def test_a_spamd_that_is_too_slow_to_start_is_given_up(server, alice, spammer, subject):
    """A new spamd that is too slow to start is ended, and the old one stays in use."""
    project, begin = server.project, time()
    file = "spamassassin/spam-milter.conf.j2"

    with (
        slow(project, "spamassassin"),
        refused(project, file, "start_timeout = 1", "start_timeout = 120"),
    ):
        wait_until(
            lambda: "or was too slow" in project.said("spamassassin", begin),
            "the end of the new one",
            120,
        )
        assert scanned(spammer, alice, subject)
    await_applied(project, "spamassassin")


@contextmanager
def small_volume(project):
    """Have the Bayes database on a disk of 8 MB for a while."""
    override = project.folder / "small.yaml"
    override.write_text(SMALL)
    # Compose gives a container that is made anew the volumes of the one before.
    remove = ("rm", "--stop", "--force", "spamassassin")
    up = ("up", "--detach", "--wait", "spamassassin")
    project.compose(*remove)
    try:
        project.compose(f"--file={override}", *up)
        yield
    finally:
        override.unlink()
        project.compose(*remove)
        project.docker.volumes.get(f"{project.name}_small").remove()
        project.compose(*up)


@pytest.mark.provokes("postfix", WHILE_RESTARTING)
def test_a_full_bayes_volume_loses_no_training(server, alice, bob, spammer, subject):
    """
    While the Bayes volume is full, mail is scanned, and training waits or is refused.

    All that was accepted is learnt when there is room again.
    """
    project, spam = server.project, letter("a@x.test", alice.address, subject, GTUBE)
    with small_volume(project):
        train(project, training_requests("spam", 2))
        wait_until_known(project, 2, 0)
        fill = "head -c 100M /dev/zero > /var/lib/bayes/full 2>&- || true"
        project.inside("spamassassin", "sh", "-c", fill)
        with under_load(alice, bob, subject):
            answers = train(project, training_requests("ham", 20))
        refused = spammer.send(alice.address, spam)
        project.inside("spamassassin", "rm", "/var/lib/bayes/full")
        promised = sum(answer.startswith("SPAMD/1.5 0 EX_OK") for answer in answers)
        wait_until_known(project, 2, promised)

    assert refused.code == 550
    assert promised < len(answers)


def test_the_filter_starts_with_a_full_bayes_volume(server):
    """The filter starts with a full Bayes volume, and scans mail."""
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
            extra_hosts={"filter-spamassassin": "127.0.0.1"},
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
