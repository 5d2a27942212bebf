"""The state file, and the records of renewals in it."""

import json
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


def test_saved_state_is_loaded(project):
    """All fields are kept, and only root can read the file."""
    state_file.save(project, FULL)

    assert state_file.load(project) == FULL
    assert (project.acme / "state.json").stat().st_mode & 0o777 == 0o600


def test_keys_in_the_file_keep_their_names(project):
    """A state.json of version 0.1.0 is read, and written with what came later."""
    path = project.acme / "state.json"
    written = {
        "failure": None,
        "hold": {"reason": "TLSA", "ttl": 300, "seen_at": None},
        "mailed_on": None,
        "comes_from": "authority",
    }
    text = json.dumps({"certificates": {HOST: written}, "authority_names": {}})
    project.write(path, text)

    found = state_file.load(project)
    state_file.save(project, found)

    assert found.of(HOST).pending_rollover == PENDING
    later = {"certificates": {HOST: written | {"by_web": False}}, "authority_names": {}}
    assert json.loads(path.read_text()) == later


def test_missing_file_is_an_empty_state(project):
    """Before the first certificate there is none."""
    assert state_file.load(project) == State()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"certificates": {"a": {"comes_from": "thin air"}}}', "\xff\xfe"],
)
def test_damaged_file_is_named(project, text):
    """The file may be deleted: it can be rebuilt."""
    path = project.acme / "state.json"
    project.write(path, "")
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(UnableError, match=r"state\.json: is not as stack writes"):
        state_file.load(project)


def test_unknown_certificate_gets_a_state():
    """The same object is returned each time."""
    found = State()

    found.of("a").comes_from = "operator"

    assert found.of("a").comes_from == "operator"


@pytest.mark.parametrize("source", ["authority", "folder"])
@pytest.mark.parametrize("error", [StackError("no way\nand more"), OSError("no way")])
def test_failure_of_automatic_renewal_is_recorded(project, source, error):
    """The record holds the first line, and the time of the retry."""
    remember(project, comes_from=source)
    start = datetime.now(UTC)

    with pytest.raises(type(error), match="no way"), renewal_attempt(project, HOST):
        raise error

    found = remembered(project).failure
    assert found
    assert (found.reason, found.count) == ("no way", 1)
    wait = found.retry_at - start
    assert timedelta(minutes=45) <= wait <= timedelta(minutes=76)


def test_next_failure_is_counted(project):
    """Since the first one."""
    remember(project, comes_from="authority", failure=FAILURE)

    with pytest.raises(StackError, match="again"), renewal_attempt(project, HOST):
        raise StackError("again")

    found = remembered(project).failure
    assert found
    assert (found.reason, found.count, found.since) == ("again", 3, NOW)


@pytest.mark.parametrize("source", [None, "operator"])
def test_failure_of_the_operator_is_not_recorded(project, source):
    """The loop doesn't retry it, and sends no notice of it."""
    remember(project, comes_from=source)

    with pytest.raises(StackError, match="no way"), renewal_attempt(project, HOST):
        raise StackError("no way")

    assert remembered(project).failure is None


def test_failure_after_issuance_is_recorded(project):
    """It was issued but not served, so the loop tries again."""

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
def test_state_is_saved_after_any_error(project, error):
    """A pending rollover is kept, for example."""

    def fail() -> None:
        with renewal_attempt(project, HOST) as found:
            found.of(HOST).pending_rollover = PENDING
            raise error

    with pytest.raises(type(error)):
        fail()

    assert remembered(project).pending_rollover == PENDING


def test_state_of_other_certificates_is_kept(project):
    """An attempt changes one certificate only."""
    state_file.save(project, FULL)

    with renewal_attempt(project, "c.example"):
        pass

    found = state_file.load(project)
    assert {k: found.certificates[k] for k in FULL.certificates} == FULL.certificates
    assert found.authority_names == FULL.authority_names


def test_second_attempt_waits_for_the_lock(project, monkeypatch):
    """The error says that another command is at work."""
    monkeypatch.setattr("stack.system.project.ACME_LOCK_TIMEOUT", 0)

    with (
        renewal_attempt(project, HOST),
        pytest.raises(UnableError, match="another stack command"),
        renewal_attempt(project, "b.example"),
    ):
        pass
