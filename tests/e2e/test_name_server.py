"""Port 25 while no name server answers."""

import time

import pytest

from .dialogue import Smtp
from .faults import stopped
from .project import ADDRESS
from .resolver import resolves
from .wait import wait_until
from .world import OUTSIDE

pytestmark = pytest.mark.core

# Seconds. Its name is looked up before a client is greeted, and some don't wait long; a
# new one waits for GREETING_DELAY before (tests/e2e/env).
GREETED_WITHIN = 3 + 5.0


@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_without_a_name_server_mail_is_put_off(server, alice):
    """
    While no name server answers, clients are greeted in five seconds after
    GREETING_DELAY, and told 450.

    No sender is refused for good because his domain can't be looked up just now.
    """
    with stopped(server.project, "dns"):
        begin = time.monotonic()
        with Smtp(ADDRESS, server.port(25)) as session:
            greeted = time.monotonic() - begin
            session.ehlo()
            session.say("MAIL FROM:<a@outside.test>")
            put_off = session.say(f"RCPT TO:<{alice.address}>")
            session.say("RSET")
            session.say("MAIL FROM:<>")
            bounce = session.say(f"RCPT TO:<{alice.address}>")

    # It is tried again before long, and the next test may need it.
    wait_until(lambda: resolves(server.project, f"mx.{OUTSIDE}"), "an answer")
    assert session.greeting.code == 220
    assert greeted < GREETED_WITHIN
    assert (put_off.code, str(put_off).split()[1]) == (450, "4.1.8")
    assert bounce.code == 250
