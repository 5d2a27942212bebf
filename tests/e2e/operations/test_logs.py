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
def test_no_daemon_has_warned(server, request):
    """
    Nothing is logged as a warning or worse that no test provoked on purpose.

    A test says what it provokes by its mark `provokes`, which holds while it runs and
    shortly after; what is left is a defect, or will drown the defect to come.
    """
    begin, path = time(), f"/{secrets.token_hex(8)}"

    with Smtp(ADDRESS, server.port(587)) as session:
        session.write(f"GET {path} HTTP/1.1\r\n".encode())
        assert session.reply().code == 221

    wait_until(lambda: path in server.project.said("postfix", begin), "the warning")
    said = [each for each in server.project.lines(since=begin) if path in each.text]
    assert complaints(said) == said
    assert not complaints(said, Announcement.all_by(request.node))


def test_no_password_is_logged(server, alice, spammer):
    """
    Of no account that a test has made: neither as it is nor as it travels.

    What is found where it may be, in a recipient's name, would be found anywhere.
    """
    begin, password = time(), secrets.token_urlsafe()

    (answer,) = spammer.ask(f"{password}@{DOMAIN}")
    assert answer.code == 550

    wait_until(lambda: password in server.project.said("postfix", begin), "the line")
    lines = server.project.lines(since=begin)
    assert leaks(lines, {f"nobody@{DOMAIN}": password})
    assert not leaks(lines, {f"nobody@{DOMAIN}": secrets.token_urlsafe()})
