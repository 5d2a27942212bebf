"""
Domains that ask for DMARC reports get them: who sent mail in their name.
"""

import re
import time
from collections.abc import Iterator

import pytest
import xmlschema

from tests.support.configuration.templates import await_applied, settings
from tests.support.dkim.signatures import records_to_publish, signatures
from tests.support.faults.services import kill, paused, stopped
from tests.support.mail.message import letter, new_subject
from tests.support.mail.outsiders import authentication_results
from tests.support.places import ROOT
from tests.support.reports.receiving import senders
from tests.support.reports.sent import (
    content,
    copies,
    end_day,
    file_name,
    reports,
)
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE
from tests.support.world.name_servers import name_server

SCHEMA = xmlschema.XMLSchema(str(ROOT / "tests/support/images/dmarc-2.0.xsd"))

# The stranger's people read its reports; nobody at unasked.test has agreed to.
WATCHED = "watched.test"
TO = f"mailto:stranger@{OUTSIDE}"
ZONE = {
    WATCHED: ["A 192.0.2.66", 'TXT "v=spf1 -all"'],
    f"own.{WATCHED}": ["A 192.0.2.66", 'TXT "v=spf1 +all"'],
    f"_dmarc.{WATCHED}": [
        f'TXT "v=DMARC1; p=quarantine; rua={TO},mailto:victim@unasked.test"'
    ],
    f"{WATCHED}._report._dmarc.{OUTSIDE}": ['TXT "v=DMARC1"'],
    # Whose signature by lame.big.test can't be looked up.
    "rep.big.test": ["A 192.0.2.66"],
    "_dmarc.rep.big.test": [f'TXT "v=DMARC1; p=reject; rua={TO}"'],
    "unasked.test": [f"MX 10 mx.{OUTSIDE}."],
}


@pytest.fixture(scope="module", autouse=True)
def asked_for(server) -> Iterator[None]:
    """Have domains that ask for reports; what was counted before is none of ours."""
    project = server.project
    name_server.add(
        project, [f"{name}. 0 {data}" for name, found in ZONE.items() for data in found]
    )
    yield
    name_server.remove(project, [f"{name}." for name in ZONE])
    # Reports to domains of other tests, which nobody takes.
    project.inside("postfix", "sh", "-c", "postsuper -d ALL deferred 2>&1")


def rows(server, stranger) -> dict[str, tuple[int, str, str, str]]:
    """
    Return the rows of all reports on WATCHED, by the domain of the envelope's sender.

    Each has count, disposition, and whether DKIM and SPF proved the author.
    """
    found = {}
    for report in reports(stranger, ".xml.gz"):
        text = content(report).decode()
        SCHEMA.validate(text)
        data = SCHEMA.to_dict(text, namespaces={"": SCHEMA.target_namespace})
        assert data["policy_published"]["domain"] == WATCHED
        for each in data["record"]:
            row, judged = each["row"], each["row"]["policy_evaluated"]
            assert row["source_ip"] == server.project.gateway
            assert each["identifiers"]["header_from"] == WATCHED
            sender = each["identifiers"]["envelope_from"]
            found[sender] = (
                found.get(sender, (0,))[0] + row["count"],
                judged["disposition"],
                judged["dkim"],
                judged["spf"],
            )
    return found


@pytest.fixture
def elsewhere(server, subject) -> Iterator[str]:
    """Have a domain for MAIL FROM that proves nothing, for each test another."""
    name = f"{subject.split()[1]}.test"
    name_server.add(server.project, [f"{name}. 0 A 192.0.2.66"])
    yield name
    name_server.remove(server.project, [f"{name}."])


@pytest.fixture
def told(server, stranger, spammer, bob):
    """Send *count* messages of WATCHED, from *sender*, and wait until they count."""

    def send(sender: str, count: int = 1) -> float:
        begin = time.monotonic()
        for _ in range(count):
            message = letter(f"a@{WATCHED}", bob.address, new_subject())
            reply = spammer.send(bob.address, stranger.sign(message), f"a@{sender}")
            assert reply.code == 250, reply
        return time.monotonic() - begin

    return send


@pytest.mark.core
def test_the_owner_of_a_domain_learns_who_sent_in_its_name(
    server, stranger, told, elsewhere
):
    """
    An owner gets one report, valid by the schema of RFC 9990 and signed by us.

    It counts mail that is proven and mail that is not.
    """
    told(f"own.{WATCHED}")
    told(elsewhere, 2)

    wanted = {
        f"own.{WATCHED}": (1, "pass", "fail", "pass"),
        elsewhere: (2, "quarantine", "fail", "fail"),
    }

    def found() -> bool:
        end_day(server.project)
        return rows(server, stranger).items() >= wanted.items()

    wait_until(found, f"a report on {wanted}")
    for report in reports(stranger, ".xml.gz"):
        valid = signatures(report, records_to_publish(server))
        assert [(each.domain, each.valid) for each in valid] == [
            ("example.test", True)
        ] * 2
        assert "dmarc=pass header.from=example.test" in authentication_results(report)
        assert report.all("Return-Path") == ["<>"]
        assert report.all("Auto-Submitted") == ["auto-generated"]
        (subject,) = report.all("Subject")
        assert subject.startswith(
            f"Report Domain: {WATCHED} Submitter: example.test Report-ID: <"
        )


def test_our_own_domains_are_reported_on_to_ourselves(server, spammer, bob, elsewhere):
    """`stack reports` shows who sent here in the name of our own domains, too."""
    message = letter("ceo@example.test", bob.address, new_subject())

    reply = spammer.send(bob.address, message, f"a@{elsewhere}")
    assert reply.code == 250, reply

    def shown() -> bool:
        end_day(server.project)
        return any(
            each["domain"] == "example.test"
            and "example.test" in each["reporters"]
            and each["unproven"]
            for each in senders(server.project, server.project.gateway)
        )

    wait_until(shown, "our own report among the others")


@pytest.mark.core
def test_nobody_gets_reports_on_others_unasked(server, told, elsewhere):
    """A domain can't have its reports sent to one that hasn't agreed in its DNS."""
    begin = time.time()
    told(elsewhere)

    wait_until(
        lambda: "not sent to mailto:victim@unasked.test" in end_day(server.project),
        "that the report is not sent there",
    )
    assert "to=<victim@unasked.test>" not in server.project.said("postfix", begin)


def test_what_was_counted_survives_a_kill(server, stranger, told, elsewhere):
    """Rows that were counted before a kill of report-sender are reported after it."""
    told(elsewhere, 2)
    wait_until(lambda: counted(server, elsewhere) == 2, "both counted")

    kill(server.project, "report-sender")
    server.project.wait_for("healthy", "report-sender")
    end_day(server.project)

    wait_until(
        lambda: rows(server, stranger).get(elsewhere, (0,))[0] == 2,
        "a report on both",
    )


def test_a_report_in_flight_at_a_kill_is_sent_again_under_the_same_names(
    server, stranger, told, elsewhere
):
    """
    A report that Postfix took just before a kill is sent again under the same names.

    By its Report-ID, who gets both drops the second one (RFC 9990, 3.5.2).
    """
    project, container = server.project, server.project.container("report-sender")
    end_day(project)
    told(elsewhere)
    wait_until(lambda: counted(server, elsewhere) == 1, "the message counted")

    with paused(project, "dkim-sign"):
        begin = time.time()
        container.exec_run(["report-sender", "--until", "now"], detach=True)
        connected = "postfix/report/smtpd"
        wait_until(lambda: connected in project.said("postfix", begin), "it sending")
        # So that no recipient can be crossed off.
        container.exec_run(["python3", "-c", LOCK], detach=True)
        wait_until(lambda: container.exec_run(LOCKED).exit_code == 0, "the lock")
    taken = re.compile(r"message-id=(<[0-9a-f]{32}\.\S+>)")
    name = wait_until(
        lambda: taken.findall(project.said("postfix", begin)), "that it was taken"
    )[0]
    wait_until(lambda: len(copies(stranger, name)) == 1, "the report")
    kill(project, "report-sender")
    project.wait_for("healthy", "report-sender")
    end_day(project)

    wait_until(lambda: len(copies(stranger, name)) == 2, "the same report again")
    first, again = copies(stranger, name)
    assert again.all("Subject") == first.all("Subject")
    assert file_name(again) == file_name(first)
    assert content(again) == content(first)


# Holds the database for as long as its process lives, and says so.
LOCK = """
import pathlib, signal, sqlite3
store = sqlite3.connect("/var/lib/report-sender/results.db", 60, isolation_level=None)
store.execute("BEGIN IMMEDIATE")
pathlib.Path("/run/locked").touch()
signal.pause()
"""
LOCKED = ["test", "-e", "/run/locked"]


def test_a_stop_takes_a_moment_and_loses_nothing(server, told, elsewhere):
    """A report-sender that is stopped writes down what it was told, and ends."""
    told(elsewhere)

    with stopped(server.project, "report-sender"):
        state = server.project.container("report-sender").attrs["State"]

    assert state["ExitCode"] == 0
    assert counted(server, elsewhere) == 1


def test_reports_on_a_day_that_is_over_need_no_command(
    server, stranger, told, elsewhere
):
    """The server sends the reports on a day that is over without being told to."""
    told(elsewhere)
    wait_until(lambda: counted(server, elsewhere) == 1, "the message is counted")

    query(server, "UPDATE results SET day = day - 2 WHERE instr(line, ?)", elsewhere)

    wait_until(
        lambda: rows(server, stranger).get(elsewhere, (0,))[0] == 1,
        "a report on the day before yesterday",
        within=90,
    )
    assert counted(server, elsewhere) == 0


def counted(server, words: str) -> int:
    """Return of how many messages the rows hold *words*, and are not reported yet."""
    count = "SELECT coalesce(sum(count), 0) FROM results WHERE instr(line, ?)"
    return int(query(server, count, words))


def query(server, statement: str, words: str) -> bytes:
    """Run *statement* on what is counted; return the first number of its answer."""
    script = (
        "import sqlite3, sys; database ="
        " sqlite3.connect('/var/lib/report-sender/results.db', timeout=20)\n"
        "with database:\n"
        "    print(*(database.execute(sys.argv[1], sys.argv[2:]).fetchone() or ()))"
    )
    return server.project.inside(
        "report-sender", "python3", "-c", script, statement, words
    )


def test_a_message_that_is_put_off_is_not_counted(
    server, stranger, spammer, bob, subject, told, elsewhere
):
    """A message that gets 451 is not counted: it will come again."""
    message = letter("a@rep.big.test", bob.address, subject)

    reply = spammer.send(bob.address, stranger.sign(message, "lame.big.test"))
    told(elsewhere)

    assert reply.code == 451, reply
    # Rows come in their order.
    wait_until(lambda: counted(server, elsewhere), "the one after it counted")
    assert counted(server, "rep.big.test") == 0


def test_mail_waits_for_no_report(server, alice, stranger, subject, told, elsewhere):
    """While report-sender hangs or is gone, mail comes and goes as fast as ever."""
    usual = told(elsewhere, 5)

    with paused(server.project, "report-sender"):
        # More than its socket holds.
        hanging = told(elsewhere, 15) / 3
        alice.send(stranger.address, subject)
        stranger.receive(subject)
    kill(server.project, "report-sender")
    gone = told(elsewhere, 5)
    server.project.wait_for("healthy", "report-sender")

    assert max(hanging, gone) < 3 * usual + 1


@pytest.mark.parametrize(
    ("sender", "to"),
    [
        ("alice@example.test", f"stranger@{OUTSIDE}"),
        ("", "stranger@[192.0.2.1]"),
    ],
)
def test_the_socket_for_reports_takes_no_other_mail(server, sender, to):
    """The socket for reports takes mail without a sender only, and to names only."""
    say = (
        "from report_sender.delivery.submission import _Postfix, SOCKET;"
        f"_Postfix(str(SOCKET)).sendmail({sender!r}, {to!r}, 'From: a@example.test')"
    )

    done = server.project.execute("report-sender", "python3", "-c", say, check=False)

    assert done.returncode == 1
    assert "Sender address rejected" in done.stderr or "5.1.2" in done.stderr


def test_reports_can_be_turned_off(server, told, elsewhere):
    """With DMARC_REPORTS=no nothing is counted and nothing sent."""
    project = server.project
    with settings(project, DMARC_REPORTS="no"):
        project.stack("init", "--yes")
        await_applied(project, "dkim-verify")
        await_applied(project, "report-sender")
        told(elsewhere)
        assert "dmarc report" not in end_day(server.project)
        assert counted(server, elsewhere) == 0
    project.stack("init", "--yes")
    await_applied(project, "dkim-verify")
    await_applied(project, "report-sender")
