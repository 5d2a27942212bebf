"""What is remembered between two looks, and how a trial ends in it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from stack.renewal.state import state_file
from stack.renewal.state.state_file import (
    CertificateState,
    Failure,
    PendingRollover,
    State,
)
from stack.renewal.state.state_lock import renewal_attempt
from stack.system.errors import StackError, UnableError
from tests.support.certs.authority import HOST
from tests.support.renewal.certbot_lab import NOW, URL, remember, remembered

FAILURE = Failure(reason="no way", since=NOW, count=2, retry_at=NOW)
PENDING = PendingRollover(reason="TLSA", ttl=300, seen_at=None)
FULL = State(
    certificates={
        HOST: CertificateState(
            failure=FAILURE, pending_rollover=PENDING, comes_from="authority"
        ),
        "b.example": CertificateState(
            mailed_on=date(2026, 11, 24), comes_from="folder"
        ),
    },
    authority_names={URL: ["ca.test"]},
)


def test_what_is_saved_is_loaded(project):
    """All of it, for nobody else to read."""
    state_file.save(project, FULL)

    assert state_file.load(project) == FULL
    assert (project.acme / "state.json").stat().st_mode & 0o777 == 0o600


def test_without_a_file_nothing_is_remembered(project):
    """Before the first certificate there is none."""
    assert state_file.load(project) == State()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"certificates": {"a": {"comes_from": "thin air"}}}', "\xff\xfe"],
)
def test_a_damaged_file_is_named(project, text):
    """It may be deleted: what is remembered can be found out again."""
    path = project.acme / "state.json"
    project.write(path, "")
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(UnableError, match=r"state\.json: is not as stack writes"):
        state_file.load(project)


def test_what_is_asked_for_first_is_remembered_from_then_on():
    """The same each time, to be changed."""
    found = State()

    found.of("a").comes_from = "operator"

    assert found.of("a").comes_from == "operator"


@pytest.mark.parametrize("source", ["authority", "folder"])
@pytest.mark.parametrize("error", [StackError("no way\nand more"), OSError("no way")])
def test_a_failure_of_what_is_renewed_by_itself_is_remembered(project, source, error):
    """With its first line, and when to try again."""
    remember(project, comes_from=source)
    start = datetime.now(UTC)

    with pytest.raises(type(error), match="no way"), renewal_attempt(project, HOST):
        raise error

    found = remembered(project).failure
    assert found
    assert (found.reason, found.count) == ("no way", 1)
    wait = found.retry_at - start
    assert timedelta(minutes=45) <= wait <= timedelta(minutes=76)


def test_another_failure_is_counted(project):
    """Since the first one."""
    remember(project, comes_from="authority", failure=FAILURE)

    with pytest.raises(StackError, match="again"), renewal_attempt(project, HOST):
        raise StackError("again")

    found = remembered(project).failure
    assert found
    assert (found.reason, found.count, found.since) == ("again", 3, NOW)


@pytest.mark.parametrize("source", [None, "operator"])
def test_a_failure_of_what_the_operator_tries_is_for_him_to_try_again(project, source):
    """Nobody retries it, so nothing is to be told of it tomorrow."""
    remember(project, comes_from=source)

    with pytest.raises(StackError, match="no way"), renewal_attempt(project, HOST):
        raise StackError("no way")

    assert remembered(project).failure is None


def test_what_becomes_renewed_in_the_trial_counts_as_such(project):
    """Issued, but not served: it is tried again by itself."""

    def fail() -> None:
        with renewal_attempt(project, HOST) as found:
            found.of(HOST).comes_from = "authority"
            raise StackError("port 25 doesn't serve it")

    with pytest.raises(StackError, match="port 25"):
        fail()

    assert remembered(project).failure


def test_success_clears_the_failure(project):
    """And the count begins anew."""
    remember(project, comes_from="authority", failure=FAILURE)

    with renewal_attempt(project, HOST):
        pass

    assert remembered(project).failure is None
    assert remembered(project).comes_from == "authority"


@pytest.mark.parametrize("error", [StackError("x"), OSError(), KeyboardInterrupt()])
def test_what_was_found_out_is_saved_however_it_ends(project, error):
    """A hold, say, that was seen before something else failed."""

    def fail() -> None:
        with renewal_attempt(project, HOST) as found:
            found.of(HOST).pending_rollover = PENDING
            raise error

    with pytest.raises(type(error)):
        fail()

    assert remembered(project).pending_rollover == PENDING


def test_what_is_remembered_of_others_is_kept(project):
    """Each trial is about one certificate."""
    state_file.save(project, FULL)

    with renewal_attempt(project, "c.example"):
        pass

    found = state_file.load(project)
    assert {k: found.certificates[k] for k in FULL.certificates} == FULL.certificates
    assert found.authority_names == FULL.authority_names


def test_two_trials_dont_overlap(project, monkeypatch):
    """The other one hears that it has to wait."""
    monkeypatch.setattr("stack.system.project.ACME_LOCK_TIMEOUT", 0)

    with (
        renewal_attempt(project, HOST),
        pytest.raises(UnableError, match="another stack command"),
        renewal_attempt(project, "b.example"),
    ):
        pass
