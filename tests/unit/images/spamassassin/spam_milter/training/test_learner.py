"""The learner: each lesson reaches spamd, none stands in the way of the next."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from spam_milter.bayes import Bayes
from spam_milter.spamc import request
from spam_milter.spamc.concurrency import BusyError, ConcurrencyLimit
from spam_milter.training import learner
from spam_milter.training.learner import Learner, NotNowError
from spam_milter.training.spool import Spool

from tests.support.images.fake_spamd import running
from tests.support.images.training_requests import CONFIG, tell

OK = request.reply("0 EX_OK", "DidSet: local")


@pytest.fixture
def teacher(tmp_path, monkeypatch) -> Learner:
    """A learner with an empty spool, which tries again at once."""
    monkeypatch.setattr(learner, "PAUSE", 0.0)
    spool, bayes = Spool(tmp_path / "learn"), Bayes(tmp_path / "bayes.db")
    learner.prepare(spool, bayes)
    return Learner(
        spool, bayes, str(tmp_path / "spamd"), lambda: CONFIG, ConcurrencyLimit()
    )


def put(
    teacher: Learner, *messages: bytes, user: str = "a@b.test", kind: str = "spam"
) -> None:
    """Have *messages* wait to be learnt as that *kind*."""
    for message in messages:
        data = tell(
            f"Message-class: {kind}", "Set: local", f"User: {user}", message=message
        )
        request.read(io.BytesIO(data), len(data))  # it is a request
        teacher.spool.put(data)


def but_not(word: bytes):
    """Answer like a spamd that can't learn a message with that *word*."""
    return lambda asked: b"" if word in asked.message else OK


def test_spooled_requests_are_learnt_in_order_and_removed(teacher):
    """Nothing of the mail is left on disk."""
    put(teacher, b"1", b"2", b"3")

    with running(Path(teacher.spamd), lambda _: OK) as spamd:
        left = teacher.work()

    assert [asked.message for asked in spamd.asked] == [b"1", b"2", b"3"]
    assert {asked.headers["user"] for asked in spamd.asked} == {"site"}
    assert teacher.spool.waiting() == []
    assert not left


def test_per_user_training_also_trains_the_site(teacher):
    """The user who taught it, and the site."""
    teacher.config = lambda: replace(CONFIG, learning="user")
    put(teacher, b"1", user="Alice@b.test")

    with running(Path(teacher.spamd), lambda _: OK) as spamd:
        teacher.work()

    assert [asked.headers["user"] for asked in spamd.asked] == ["alice@b.test", "site"]


def test_training_waits_without_spamd(teacher):
    """None is lost, and none is held against the message."""
    put(teacher, b"1", b"2")

    for _ in range(5):
        with pytest.raises(NotNowError, match="no spamd to teach"):
            teacher.work()

    assert len(teacher.spool.waiting()) == 2
    assert teacher.failures == {}


def test_training_takes_a_slot(teacher, monkeypatch):
    """As a message does, and it waits for one; that is not the lesson's fault."""
    put(teacher, b"1")

    def answer(_) -> bytes:
        with pytest.raises(BusyError), teacher.concurrency.slot(0):
            pytest.fail("the lesson has it")
        return OK

    with running(Path(teacher.spamd), answer) as spamd:
        with teacher.concurrency.slot(0), monkeypatch.context() as impatient:
            impatient.setattr(learner, "TIMEOUT", 0.1)
            with pytest.raises(NotNowError, match="no child"):
                teacher.work()
        assert (spamd.asked, teacher.failures) == ([], {})
        teacher.work()

    assert teacher.spool.waiting() == []


def test_failing_request_does_not_block_others(teacher, capsys):
    """It is tried again, and then given up and said in the log."""
    put(teacher, b"bad", b"2", b"3")

    with running(Path(teacher.spamd), but_not(b"bad")) as spamd:
        while teacher.work():
            put(teacher, b"another")

    assert [asked.message for asked in spamd.asked[:3]] == [b"bad", b"2", b"3"]
    assert teacher.spool.waiting() == []
    assert capsys.readouterr().out.count("given up") == 1


def test_requests_on_one_message_keep_their_order(teacher):
    """Also when the first was lost to a spamd that made room for the next one."""
    put(teacher, b"moved")
    put(teacher, b"moved", kind="ham")
    put(teacher, b"another")
    answers = iter([b""])

    with running(Path(teacher.spamd), lambda _: next(answers, OK)) as spamd:
        while teacher.work():
            pass

    kinds = [(asked.headers["message-class"], asked.message) for asked in spamd.asked]
    assert kinds == [
        ("spam", b"moved"),
        ("spam", b"another"),
        ("spam", b"moved"),
        ("ham", b"moved"),
    ]
    assert teacher.spool.waiting() == []


def test_request_waiting_for_an_abandoned_one_is_learnt(teacher):
    """And not only when something else is taught."""
    put(teacher, b"bad")
    put(teacher, b"bad", kind="ham")
    asked: list[str] = []

    def answer(request) -> bytes:
        asked.append(request.headers["message-class"])
        return b"" if asked[-1] == "spam" and request.message == b"bad" else OK

    with running(Path(teacher.spamd), answer):
        teacher.work()
        put(teacher, b"another", kind="ham")
        while teacher.work():
            pass

    assert asked == ["spam", "spam", "ham", "spam", "ham"]
    assert teacher.spool.waiting() == []


def test_no_request_is_abandoned_while_none_succeeds(teacher):
    """Then it is not the messages' fault."""
    put(teacher, b"bad 1", b"bad 2")

    with running(Path(teacher.spamd), but_not(b"bad")):
        for _ in range(9):
            teacher.work()

    assert len(teacher.spool.waiting()) == 2


def test_retries_back_off(teacher, monkeypatch):
    """A message that failed waits longer each time."""
    monkeypatch.setattr(learner, "PAUSE", 60.0)
    put(teacher, b"bad")

    with running(Path(teacher.spamd), but_not(b"bad")) as spamd:
        teacher.work()
        teacher.work()

    assert len(spamd.asked) == 1


def test_full_volume_abandons_no_request(teacher, monkeypatch):
    """They wait until there is room."""
    monkeypatch.setattr(learner, "MIN_FREE_BYTES", 1 << 62)
    put(teacher, b"1")

    with (
        running(Path(teacher.spamd), lambda _: b""),
        pytest.raises(NotNowError, match="MiB left"),
    ):
        teacher.work()

    assert teacher.failures == {}


def test_damaged_database_is_put_aside_while_learning(teacher):
    """Not only at the next start: the lesson then goes into the new one."""
    teacher.bayes.kept.close()
    for part in teacher.bayes.path.parent.glob("bayes.db*"):
        part.write_bytes(b"x" * 9999)
    put(teacher, b"1")

    with (
        running(Path(teacher.spamd), lambda _: b""),
        pytest.raises(NotNowError, match="file is not a database"),
    ):
        teacher.work()
    with running(Path(teacher.spamd), lambda _: OK):
        assert not teacher.work()

    assert teacher.bayes.fault() is None
    assert len(list(teacher.bayes.path.parent.glob("bayes.db.damaged-*"))) >= 1


def test_damaged_request_is_abandoned(teacher, capsys):
    """What was no request when it was read back never becomes one."""
    teacher.spool.put(b"garbage")
    asked: list[bytes] = []

    def answer(request) -> bytes:
        asked.append(request.message)
        return OK

    with running(Path(teacher.spamd), answer):
        while teacher.work():
            put(teacher, b"another")

    assert set(asked) == {b"another"}
    assert teacher.spool.waiting() == []
    assert "given up" in capsys.readouterr().out


def test_unwritable_volume_does_not_stop_scans(tmp_path, capsys):
    """Scans go on without a database and without a spool."""
    (tmp_path / "file").touch()

    learner.prepare(Spool(tmp_path / "file" / "x"), Bayes(tmp_path / "file" / "y"))

    assert capsys.readouterr().out.count("learning has to do without") == 2
