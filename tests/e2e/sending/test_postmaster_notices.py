"""The server's own letters to the postmaster arrive wherever that alias leads."""

import pytest

from tests.support.dkim.signatures import records_to_publish, signatures
from tests.support.server.accounts import aliases

TWICE = [("example.test", True)] * 2

WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from stack.config import envfile
from stack.renewal.loop import notice
from stack.renewal.loop.expiry import Expiry
from stack.system.project import Project

now = datetime.now(UTC)
found = Expiry(sys.argv[1], now, None, "it ends", problem=True, urgent=True)
notice.send(envfile.load(Project(Path.cwd()).env), found, now)
"""


def write(server, name: str) -> str:
    """Have `certs` write about the certificate *name*; return the subject."""
    server.project.execute("certs", "python3", "-c", WRITE, name)
    return f"The certificate {name} needs your attention"


@pytest.mark.core
def test_a_notice_is_signed_and_reaches_every_postmaster(
    server, alice, bob, carol, stranger, subject
):
    """
    A notice reaches each target of postmaster, here and outside, signed for
    MAIL_DOMAIN.

    It has no verdict of our filters, and lies in the inbox under any DMARC policy of
    ours.
    """
    everybody = f"{bob.address} {carol.address} {stranger.address}"
    with aliases(server.project, **{"postmaster@example.test": everybody}):
        title = write(server, subject.replace(" ", "-"))
        found = [each.receive(title) for each in (bob, carol, stranger)]

    records = records_to_publish(server)
    for each in found:
        assert [(s.domain, s.valid) for s in signatures(each, records)] == TWICE
        assert each.all("From") == ["Mail server <postmaster@example.test>"]
        assert each.all("Return-Path") == ["<>"]
        verdicts = each.all("Authentication-Results")
        assert [v for v in verdicts if not v.startswith("mx.outside.test;")] == []
        assert each.all("X-Spam-Score") == []


def test_without_an_alias_the_first_user_gets_the_notice(server, alice, subject):
    """Without an alias for postmaster, the first user gets the notice."""
    title = write(server, subject.replace(" ", "-"))

    assert alice.receive(title)


@pytest.mark.parametrize(
    ("sender", "to"),
    [
        ("stranger@outside.test", "postmaster@example.test"),
        ("", "stranger@outside.test"),
    ],
)
def test_the_notice_socket_takes_no_other_mail(server, sender, to):
    """
    The notices' socket refuses any other sender, and recipients that are not local.
    """
    say = (
        "import smtplib; from stack.renewal.loop.notice import _Postfix, SOCKET;"
        f" _Postfix(SOCKET).sendmail({sender!r}, {to!r}, 'From: a@example.test\\n\\n')"
    )

    done = server.project.execute("certs", "python3", "-c", say, check=False)

    assert done.returncode == 1
    assert "Log in before you send" in done.stderr or "Relay access" in done.stderr
