"""The server's own letters to the postmaster arrive wherever that alias leads."""

import pytest

from tests.support.mail.dkim_signatures import published, signatures
from tests.support.server.accounts import aliases

TWICE = [("example.test", True)] * 2

WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from stack.config import envfile
from stack.system.project import Project
from stack.renewal.loop import notice
from stack.renewal.loop.expiry import Outlook

now = datetime.now(UTC)
found = Outlook(sys.argv[1], now, None, "it ends", problem=True, urgent=True)
notice.send(envfile.load(Project(Path.cwd()).env), found, now)
"""


def write(server, name: str) -> str:
    """Have `certs` write about the certificate *name*; return the subject."""
    server.project.execute("certs", "python3", "-c", WRITE, name)
    return f"The certificate {name} needs your attention"


@pytest.mark.core
def test_a_letter_to_the_postmaster_is_signed_wherever_it_goes(
    server, alice, bob, carol, stranger, subject
):
    """
    Several users and an address outside have it, under any DMARC policy of ours.

    It comes by a way of its own, where no filter takes it for a stranger's: in the
    inbox, with both signatures of MAIL_DOMAIN and no verdict.
    """
    everybody = f"{bob.address} {carol.address} {stranger.address}"
    with aliases(server.project, **{"postmaster@example.test": everybody}):
        title = write(server, subject.replace(" ", "-"))
        found = [each.receive(title) for each in (bob, carol, stranger)]

    records = published(server)
    for each in found:
        assert [(s.domain, s.valid) for s in signatures(each, records)] == TWICE
        assert each.all("From") == ["Mail server <postmaster@example.test>"]
        assert each.all("Return-Path") == ["<>"]
        verdicts = each.all("Authentication-Results")
        assert [v for v in verdicts if not v.startswith("mx.outside.test;")] == []
        assert each.all("X-Spam-Score") == []


def test_without_an_alias_the_first_user_has_it(server, alice, subject):
    """As any mail to the postmaster."""
    title = write(server, subject.replace(" ", "-"))

    assert alice.receive(title)


@pytest.mark.parametrize(
    ("sender", "to"),
    [
        ("stranger@outside.test", "postmaster@example.test"),
        ("", "stranger@outside.test"),
    ],
)
def test_the_way_leads_nowhere_else(server, sender, to):
    """Not even who has its socket can send as another, or to anybody but our users."""
    say = (
        "import smtplib; from stack.renewal.loop.notice import _Postfix, SOCKET;"
        f" _Postfix(SOCKET).sendmail({sender!r}, {to!r}, 'From: a@example.test\\n\\n')"
    )

    done = server.project.execute("certs", "python3", "-c", say, check=False)

    assert done.returncode == 1
    assert "Log in before you send" in done.stderr or "Relay access" in done.stderr
