"""`stack reports`: what others say of our mail, for people and for programs."""

import json
import sqlite3
from contextlib import closing

import pytest
from report_receiver.parsing.report import Failures, Sessions
from report_receiver.store import MIGRATIONS

from stack.services.reports import database
from tests.support.reports.kept import dmarc, keep, refuse, sent, tls

OURS = "192.0.2.1"


@pytest.fixture
def reported(ready):
    """A project of which others have reported."""
    with ready.env.open("a") as file:
        file.write(f"PUBLIC_IPV4={OURS}\n")
    keep(
        ready,
        dmarc(
            sent(OURS, 10),
            sent(OURS, 2, dkim=False),
            sent("198.51.100.7", 3, dkim=False, spf=False, disposition="reject"),
            number="1",
        ),
        dmarc(sent(OURS, 5, spf=False), number="2", reporter="other.example"),
        dmarc(
            sent("203.0.113.9", 4, domain="a.example"),
            domain="below.a.example",
            number="3",
        ),
        dmarc(sent(OURS, 100), number="4", days=50),
        tls(
            Sessions("sts", "example.org", "mail.example.org", 40, 2),
            Failures("certificate-expired", "mail.example.org", "", 2),
        ),
    )
    refuse(ready, "broken XML", "broken XML", "not authenticated")
    return ready


def shown(stack, *arguments: str):
    """What the command says to programs."""
    done = stack("reports", *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_senders_are_shown_with_most_messages_first(stack, reported):
    """By author and source, added up over reports, with what was done about them."""
    ours, other, theirs = shown(stack, "dmarc")

    assert ours == {
        **{"domain": "example.org", "source": OURS, "ours": True, "messages": 17},
        **{"dkim": 15, "spf": 12, "unproven": 0, "quarantined": 0, "rejected": 0},
        "reporters": ["big.example", "other.example"],
    }
    assert (other["domain"], other["ours"]) == ("a.example", False)
    assert (theirs["source"], theirs["unproven"], theirs["rejected"]) == (
        *("198.51.100.7", 3, 3),
    )


def test_the_table_tells_ours_from_others(stack, reported):
    """A line for each sender below the heads."""
    head, ours, *others = stack("reports", "dmarc").stdout.splitlines()

    assert head.split()[:3] == ["messages", "as", "from"]
    assert ours.split() == [
        *("17", "example.org", OURS, "ours", "15", "12", "0", "0", "0"),
        *("big.example,", "other.example"),
    ]
    assert [line.split()[3] for line in others] == ["other", "other"]


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (("--days", "100"), [117, 4, 3]),
        (("--domain", "a.example"), [4]),
        (("--domain", "none.example"), []),
    ],
)
def test_reports_are_chosen_by_time_and_domain(stack, reported, arguments, messages):
    """A domain stands for those below it, too."""
    assert [s["messages"] for s in shown(stack, "dmarc", *arguments)] == messages


def test_failed_sessions_are_shown_with_what_to_do(stack, reported):
    """By host, then by kind of failure."""
    (host,) = shown(stack, "tls")["hosts"]
    said = stack("reports", "tls").stdout

    assert (host["mx"], host["succeeded"], host["failed"]) == (
        "mail.example.org",
        40,
        2,
    )
    assert "2 certificate-expired at mail.example.org: the certificate had expired" in (
        said
    )
    assert "stack cert renew" in said


def test_a_result_that_nobody_knows_is_shown(stack, ready):
    """Reporters have words of their own."""
    keep(
        ready,
        tls(Sessions("sts", "example.org", "", 0, 1), Failures("odd", "", "why", 1)),
    )

    assert "1 odd (why): not a result that RFC 8460 has" in (
        stack("reports", "tls").stdout
    )


def test_the_summary_has_both_kinds_and_what_was_refused(stack, reported):
    """Without a kind."""
    said = stack("reports").stdout

    for words in ("24 messages", "3 unproven", "40 sessions encrypted", "2 failed"):
        assert words in said
    assert "Refused: 3 messages without a report that counts" in said
    assert [line.split() for line in said.splitlines()[-2:]] == [
        ["2", "broken", "XML"],
        ["1", "not", "authenticated"],
    ]
    assert shown(stack)["refused"][0]["reason"] == "not authenticated"


@pytest.mark.parametrize("kind", [(), ("dmarc",), ("tls",)])
def test_before_the_first_report_there_is_nothing(stack, ready, kind):
    """The database is made by the service."""
    assert stack("reports", *kind).exit_code == 0
    assert not any(
        [shown(stack, "dmarc"), shown(stack, "tls")["hosts"], shown(stack)["refused"]]
    )


def test_nothing_is_known_to_be_ours_without_an_address(stack, ready):
    """The command says how to tell."""
    keep(ready, dmarc(sent(OURS, 1)))

    assert "PUBLIC_IPV4" in stack("reports", "dmarc").stderr


def test_a_database_of_another_version_is_refused(stack, reported):
    """The command was built apart from the service."""
    with closing(sqlite3.connect(reported.reports)) as opened:
        opened.execute("PRAGMA user_version = 9")

    done = stack("reports")

    assert done.exit_code == 3
    assert "docker compose build" in done.stderr


def test_a_damaged_database_is_refused_in_one_line(stack, reported):
    """With the place and what to do."""
    reported.reports.write_bytes(b"nonsense" * 999)

    done = stack("reports")

    assert done.exit_code == 3
    assert f"{reported.reports}: file is not a database" in done.stderr


def test_the_command_knows_the_tables_of_the_service():
    """Both have the same version."""
    assert len(MIGRATIONS) == database.VERSION
