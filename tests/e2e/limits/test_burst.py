"""A burst of 500 messages to one mailbox is delivered, and none is deferred."""

import re
from concurrent.futures import ThreadPoolExecutor
from time import time

import pytest

from tests.support.clients.submission import logged_in
from tests.support.mail.message import letter
from tests.support.wait import wait_until

pytestmark = pytest.mark.core

MESSAGES, SESSIONS = 500, 10


def test_a_burst_to_one_user_is_delivered_and_nothing_deferred(
    server, alice, bob, subject
):
    """
    500 messages to one user within seconds are all delivered, and none is deferred.
    """

    began = time()

    def send(first: int) -> list[int]:
        with logged_in(alice) as session:
            return [
                session.deliver(
                    letter(alice.address, bob.address, f"{subject} {number}"),
                    alice.address,
                    [bob.address],
                ).code
                for number in range(first, MESSAGES, SESSIONS)
            ]

    with ThreadPoolExecutor(SESSIONS) as pool:
        codes = [code for each in pool.map(send, range(SESSIONS)) for code in each]
    wait_until(
        lambda: sum(each.startswith(subject) for each in bob.subjects()) == MESSAGES,
        "all of them",
        within=120,
    )

    assert codes == [250] * MESSAGES
    outcome = re.compile(rf"to=<{re.escape(bob.address)}>.* status=(\w+)")
    log = server.project.said("postfix", began)
    assert set(outcome.findall(log)) == {"sent"}
