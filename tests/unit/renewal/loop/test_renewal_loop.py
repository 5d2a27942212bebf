"""One round of the renewal loop, which the service certs runs twice a day."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused

import pytest

from stack.dns import tlsa
from stack.dns.tlsa import Published
from stack.renewal import imports
from stack.renewal.loop import expiry, notice, renewal_loop
from stack.renewal.state import schedule
from stack.renewal.state.state_file import Failure, PendingRollover
from stack.system.errors import StackError
from tests.support.certs.authority import DAY, HOST, Issued
from tests.support.renewal.certbot_lab import (
    NOW,
    ROOT,
    Certbot,
    certificate,
    initialised,
    install,
    keep,
    pem,
    remember,
    remembered,
    serve,
    served,
    settings_of,
)

OTHER = "imap.example.net"
HOUR = timedelta(hours=1)
WELL, ENDING = certificate(), certificate(begin=-80 * DAY, end=10 * DAY)


def failure(retry: timedelta) -> Failure:
    """Return a failure that is tried again then."""
    return Failure(reason="no way", since=NOW - DAY, count=1, retry_at=NOW + retry)


class Letters:
    """Takes notices in place of Postfix."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.refused = False

    def send(self, settings, found, now) -> None:
        """Take it, or not."""
        if self.refused:
            raise SMTPRecipientsRefused({})
        self.names.append(found.name)


@pytest.fixture
def ready(project, stack):
    """The project after `stack init`."""
    return initialised(project, stack)


@pytest.fixture
def letters(monkeypatch) -> Letters:
    """The notices to the postmaster."""
    found = Letters()
    monkeypatch.setattr(notice, "send", found.send)
    return found


@pytest.fixture
def certbot(ready, monkeypatch, letters) -> Certbot:
    """A certbot that issues from an authority of the tests; there are no records."""
    monkeypatch.setattr(tlsa, "published", lambda host: Published(frozenset(), 0))
    settings_of(ready)
    return install(monkeypatch, ready)


@pytest.fixture
def look(ready, certbot):
    """Run one round; return the pause and the messages."""

    def call() -> tuple[timedelta, list[str]]:
        told: list[str] = []
        return renewal_loop.run_once(ready, told.append), told

    return call


def from_authority(project, name: str, issued: Issued, **facts: object) -> None:
    """Have *issued* be served, from an authority."""
    keep(project, name, 1, issued)
    serve(project, name, issued)
    remember(project, name, comes_from="authority", **facts)


def test_no_request_without_authority_certificates(look, certbot):
    """The self-signed certificate is well for two years."""
    pause, told = look()

    assert (certbot.calls, told) == ([], [])
    assert 9 * HOUR <= pause <= 15 * HOUR


def test_every_authority_certificate_is_renewed(ready, look, certbot):
    """certbot knows whether it is due."""
    from_authority(ready, HOST, WELL)
    from_authority(ready, OTHER, certificate(OTHER))
    certbot.due = True

    look()

    assert certbot.verbs == ["certonly", "certonly"]
    assert served(ready).pem != pem(WELL)


@pytest.mark.parametrize(("retry", "asked"), [(HOUR, 0), (-HOUR, 1)])
def test_failed_request_waits_for_its_retry_time(ready, look, certbot, retry, asked):
    """Also when a round comes earlier."""
    from_authority(ready, HOST, WELL, failure=failure(retry))

    look()

    assert len(certbot.calls) == asked
    assert bool(remembered(ready).failure) is not bool(asked)


def test_failure_does_not_stop_other_renewals(ready, look, certbot):
    """The failure is reported, and tried again after about an hour."""
    for name in ("a.example.net", OTHER):
        from_authority(ready, name, certificate(name))
    certbot.due = True
    certbot.before = lambda verb: setattr(
        certbot, "failure", "It fell" if len(certbot.calls) == 1 else ""
    )

    pause, told = look()

    assert "Error: certbot failed (It fell): see var/acme/logs/letsencrypt.log" in told
    assert remembered(ready, "a.example.net").failure
    assert remembered(ready, OTHER).failure is None
    assert (ready.acme / "certbot/archive" / OTHER / "cert2.pem").exists()
    assert timedelta(minutes=44) <= pause <= timedelta(minutes=75)


def test_next_round_is_at_the_end_of_a_rollover(ready, look):
    """The next round doesn't wait for 12 hours."""
    pending = PendingRollover(reason="", ttl=7200, seen_at=datetime.now(UTC))
    remember(ready, OTHER, pending_rollover=pending)

    pause, _ = look()

    assert HOUR < pause <= 2 * HOUR


@pytest.mark.parametrize("text", ["MAIL_DOMAIN=\n", "no settings", None])
def test_invalid_env_is_reported_and_retried_within_an_hour(ready, look, certbot, text):
    """No authority is asked, and the loop goes on."""
    from_authority(ready, HOST, WELL)
    if text is None:
        ready.env.unlink()
    else:
        ready.env.write_text(text)

    pause, told = look()

    assert pause == schedule.FIRST_RETRY
    assert certbot.calls == []
    assert told[0].startswith("Error: ")
    assert ".env" in told[0]


def test_damaged_state_file_is_reported(ready, look):
    """By its file."""
    ready.write(ready.acme / "state.json", "{")

    pause, told = look()

    assert pause == schedule.FIRST_RETRY
    assert "state.json" in told[0]


def test_notice_is_sent_once_a_day(ready, look, letters):
    """The second round sends none."""
    serve(ready, HOST, ENDING)

    look()
    look()

    assert letters.names == [HOST]
    assert remembered(ready).mailed_on == datetime.now(UTC).date()


def test_notice_is_sent_again_the_next_day(ready, look, letters):
    """Until it is well or has ended."""
    serve(ready, HOST, ENDING)
    remember(ready, mailed_on=datetime.now(UTC).date() - DAY)

    look()

    assert letters.names == [HOST]


def test_no_notice_without_urgent_problem(ready, look, letters, certbot):
    """A failure weeks before the end may pass by itself."""
    from_authority(ready, HOST, WELL, failure=failure(HOUR))

    look()

    assert letters.names == []


def test_no_notice_after_successful_renewal(ready, look, letters, certbot):
    """Notices are sent after the renewals."""
    from_authority(ready, HOST, ENDING)
    certbot.due = True

    look()

    assert letters.names == []


def test_refused_notice_is_sent_in_the_next_round(ready, look, letters):
    """The error is reported, the notice doesn't count as sent, and others are sent."""
    serve(ready, HOST, ENDING)
    serve(ready, OTHER, certificate(OTHER, end=DAY))
    letters.refused = True

    _, told = look()

    assert [each.partition(":")[0] for each in told] == ["Error", "Error"]
    assert HOST in told[1]
    assert remembered(ready).mailed_on is None

    letters.refused = False
    look()
    assert letters.names == [OTHER, HOST]


def test_import_folder_is_followed(ready, look, tmp_path_factory, monkeypatch, certbot):
    """Certificates from the folder are followed one by one; those from files stay."""
    folder = tmp_path_factory.mktemp("import")
    settings_of(ready, IMPORT_FOLDER=str(folder))
    monkeypatch.setattr(imports, "MOUNTED", folder)
    ready.write(ready.acme / "authorities.pem", ROOT.pem)
    old, newer = certificate(end=30 * DAY), certificate(HOST, OTHER, end=60 * DAY)
    (folder / "cert.pem").write_text(pem(newer))
    names = ("gone.example.net", HOST, OTHER)
    for name in names:
        serve(ready, name, certificate(name, end=30 * DAY))
        remember(ready, name, comes_from="operator" if name == OTHER else "folder")
    serve(ready, HOST, old)

    _, told = look()

    assert served(ready).pem == pem(newer)
    assert served(ready, OTHER).pem != pem(newer)
    assert remembered(ready, names[0]).failure
    assert remembered(ready).failure is None
    assert certbot.calls == []
    (error,) = [words for words in told if words.startswith("Error: ")]
    assert "not for gone.example.net: bring the one that is" in error


def test_expiry_is_known_without_a_round(ready, certbot):
    """Also when .env is wrong."""
    from_authority(ready, HOST, ENDING, failure=failure(HOUR))
    ready.env.write_text("wrong")

    [found] = expiry.current(ready)

    assert found.urgent
    assert "no way" in found.remark
    assert certbot.calls == []


def test_all_lines_of_a_problem_are_reported(ready, look, certbot, monkeypatch):
    """Each port has its line."""
    from_authority(ready, HOST, WELL)
    error = StackError("port 25", "port 993")
    monkeypatch.setattr(renewal_loop.issuance, "issue", lambda *_: _raise(error))

    assert look()[1] == ["Error: port 25\nport 993"]


def _raise(error: Exception) -> None:
    raise error
