"""While a disk is full mail waits, and the container says which disk it is."""

from collections.abc import Iterator

import pytest

from tests.support.clients.submission import logged_in
from tests.support.faults.services import WHILE_RESTARTING
from tests.support.faults.small_disks import STORES, full, no_more_files, small_disks
from tests.support.harness.tiers import core_rows
from tests.support.mail.message import letter
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until

pytestmark = [
    pytest.mark.provokes("postfix", WHILE_RESTARTING),
    pytest.mark.provokes("postfix", "not enough free space|No space left|pid .* exit"),
    pytest.mark.provokes("postfix", "quota-status|lookup error|Internal error occur"),
    pytest.mark.provokes("dovecot", "No space left|aborted due to temporary failure"),
    pytest.mark.provokes("spamassassin", "full|No space"),
]

QUEUE = "/var/spool/postfix"


@pytest.fixture(scope="module", autouse=True)
def small(server, alice) -> Iterator[None]:
    """Have small disks; what lies on them is lost afterwards."""
    with small_disks(server.project):
        yield


def check_says(project, service: str) -> str:
    """What the health check of *service* says now."""
    _, said = project.probe(service)
    return said


@pytest.mark.parametrize(
    "store", core_rows(STORES, "dovecot:/srv/vmail", "spamassassin:/var/lib/bayes")
)
def test_a_service_with_a_full_disk_is_unhealthy(server, store):
    """A service with a full disk is unhealthy, and its check names the folder."""
    project, (service, _, folder) = server.project, store.partition(":")

    with full(project, service, folder):
        wait_until(lambda: "takes no file" in check_says(project, service), "the check")
        healthy, said = project.probe(service)

    assert not healthy
    assert folder in said
    assert "make room" in said
    project.wait_for("healthy", service)


@pytest.mark.core
def test_mail_waits_while_the_mail_disk_is_full(server, alice, spammer, subject):
    """
    Mail is accepted while the mailboxes' disk is full, and delivered when there is
    room.
    """
    project = server.project
    message = letter("a@outside.test", alice.address, subject)

    with full(project, "dovecot", "/srv/vmail"):
        reply = spammer.send(alice.address, message)
        (waits,) = wait_until(
            lambda: [each for each in waiting(project, alice.address) if each.reason],
            "a reason in the queue",
        )
        flush(project)

    assert reply.code == 250
    assert waits.reason
    wait_until(lambda: flush(project) or arrived(alice, subject), "it in the mailbox")


def arrived(user, subject: str) -> bool:
    """Whether a message about *subject* is in the inbox."""
    return subject in user.subjects()


@pytest.mark.core
def test_a_queue_without_inodes_answers_452_at_once(server, alice, bob, spammer):
    """
    While the queue's disk has no inodes, each port answers 452 at once.

    Postfix looks for room alone; its health check says what is missing.
    """
    project = server.project

    with no_more_files(project, "postfix", QUEUE):
        # More than there are processes: none of them waits for room.
        for _ in range(110):
            with spammer.session() as session:
                stranger = session.say("MAIL FROM:<a@outside.test>")
        with logged_in(alice) as session:
            user = session.say(f"MAIL FROM:<{alice.address}>")
        healthy, said = project.probe("postfix")

    assert (stranger.code, user.code) == (452, 452)
    assert not healthy
    assert "takes no file" in said
    project.wait_for("healthy", "postfix")
    alice.send(bob.address, subject := "After the files")
    assert bob.receive(subject)


def test_stack_init_on_a_full_disk_names_the_file(server):
    """`stack init` on a full disk exits 3, and names the file and the remedy."""
    project = server.project

    container = project.docker.containers.run(
        project.image,
        ["init", "--yes"],
        network_mode="none",
        volumes={
            str(project.folder / "config"): {"bind": "/project/config", "mode": "ro"}
        },
        tmpfs={"/project": "size=64k"},
        detach=True,
    )
    try:
        code = container.wait(timeout=60)["StatusCode"]
        said = container.logs(stdout=False).decode()
    finally:
        container.remove(force=True)

    assert code == 3
    last = said.splitlines()[-1]
    assert last.startswith("Error: ")
    assert "var/" in last
    assert "make room there" in last or "with room on its disk" in last
