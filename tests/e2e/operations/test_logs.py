"""No daemon logs a warning that a test has not provoked, and no password is logged."""

import secrets
from time import time

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.harness.log_check import complaints, leaks
from tests.support.logs.lines import Announcement
from tests.support.server.project import ADDRESS
from tests.support.server.server import DOMAIN
from tests.support.wait import wait_until

pytestmark = pytest.mark.core


@pytest.mark.provokes("postfix", "non-SMTP command from .*: GET /")
def test_unannounced_warnings_are_found(server, request):
    """
    A warning in a log that no test has announced is found after each file of tests.

    A test announces what it provokes by its mark `provokes`, which holds while it runs
    and shortly after.
    """
    begin, path = time(), f"/{secrets.token_hex(8)}"

    with Smtp(ADDRESS, server.port(587)) as session:
        session.write(f"GET {path} HTTP/1.1\r\n".encode())
        assert session.reply().code == 221

    wait_until(lambda: path in server.project.said("postfix", begin), "the warning")
    said = [each for each in server.project.lines(since=begin) if path in each.text]
    assert complaints(said) == said
    assert not complaints(said, Announcement.all_by(request.node))


def test_passwords_in_logs_are_found(server, alice, spammer):
    """
    A password of a test's account in a log is found, as it is and as SASL encodes it.
    """
    begin, password = time(), secrets.token_urlsafe()

    (answer,) = spammer.ask(f"{password}@{DOMAIN}")
    assert answer.code == 550

    wait_until(lambda: password in server.project.said("postfix", begin), "the line")
    lines = server.project.lines(since=begin)
    assert leaks(lines, {f"nobody@{DOMAIN}": password})
    assert not leaks(lines, {f"nobody@{DOMAIN}": secrets.token_urlsafe()})
