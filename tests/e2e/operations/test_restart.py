"""Mail, queue and keys survive a restart, new containers and a kill."""

import pytest

from tests.support.dkim.signatures import records_to_publish
from tests.support.faults.services import kill
from tests.support.harness.tiers import core_rows
from tests.support.mail.load import Load
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until

FILTERS = {"dkim-sign": 587, "dkim-verify": 25, "spamassassin": 25}
SERVICES = ["postfix", "dovecot", *FILTERS]


def ids(project, recipient: str) -> list[str]:
    """The ids of the messages that wait for *recipient*."""
    return [message.queue_id for message in waiting(project, recipient)]


def arrived(load: Load) -> bool:
    """
    Say whether every acknowledged message is in the mailbox; flush the queue first.
    """
    flush(load.reader.server.project)
    return load.acknowledged <= set(load.reader.subjects())


def test_down_and_up_keep_mail_queue_and_keys(server, alice, bob, subject):
    """`docker compose down` and `up` keep mail, queue, DKIM keys and certificate."""
    project, unreachable = server.project, f"{subject.split()[-1]}@dead.test"
    alice.send(bob.address, subject)
    alice.send(unreachable, f"waiting {subject}")
    bob.receive(subject)
    before = wait_until(lambda: ids(project, unreachable), "a message in the queue")
    records = records_to_publish(server)

    project.down()
    project.compose("up", "--detach", "--wait")

    assert bob.receive(subject)
    assert ids(project, unreachable) == before
    assert records_to_publish(server) == records
    alice.send(bob.address, f"after {subject}")
    assert bob.receive(f"after {subject}")
    project.inside("postfix", "postsuper", "-d", *before)


@pytest.mark.parametrize("service", core_rows(SERVICES, "postfix", "dovecot"))
@pytest.mark.provokes("postfix", "[Mm]ilter")
@pytest.mark.provokes("postfix", "quota-status|SASL|host or service .* not found")
@pytest.mark.provokes("postfix", "smtpd pid .* exit status 1|throttling")
@pytest.mark.provokes("spamassassin", "cannot add header")
def test_a_killed_daemon_restarts_and_no_mail_is_lost(
    server, alice, bob, subject, service
):
    """
    A daemon that is killed under load starts again, and no accepted message is lost.
    """
    project, load = server.project, Load(alice, bob, subject)
    started = project.container(service).attrs["State"]["StartedAt"]

    with load.running():
        wait_until(lambda: len(load.acknowledged) >= 6, "six messages taken")
        kill(project, service)
        wait_until(
            lambda: project.container(service).attrs["State"]["StartedAt"] > started,
            f"{service} started anew",
        )
        project.wait_for("healthy", service)
        before = len(load.acknowledged)
        wait_until(
            lambda: len(load.acknowledged) >= before + 4, "messages taken afterwards"
        )

    wait_until(
        lambda: arrived(load),
        "every acknowledged message in bob's mailbox",
        within=60,
    )
    assert {each.split()[-2] for each in load.acknowledged} == {"587", "25"}
