"""
The spam filter learns from what users move in and out of Junk, and loses none of it.
"""

import time

import pytest

from tests.support.configuration.templates import settings
from tests.support.faults.services import WHILE_RESTARTING, kill
from tests.support.spam.training import (
    Known,
    ask,
    forget_all,
    in_volume,
    known,
    stats,
    train,
    training_requests,
    wait_until_known,
    wait_until_learnt,
    written,
)
from tests.support.wait import wait_until

ENOUGH = 200


@pytest.fixture(scope="module", autouse=True)
def empty_bayes(server):
    """Delete all training before and after the tests of this file."""
    forget_all(server.project)
    yield
    forget_all(server.project)


@pytest.fixture
def trained(server):
    """Have the filter trained with both made-up languages."""
    project = server.project
    wait_until_learnt(project)
    so_far = known(project)
    if min(so_far.nspam, so_far.nham) < ENOUGH:
        forget_all(project)
        train_both(project)


def train_both(project) -> None:
    """Train with as many messages in each language as Bayes needs."""
    train(
        project, [*training_requests("spam", ENOUGH), *training_requests("ham", ENOUGH)]
    )
    wait_until_learnt(project)


@pytest.mark.core
@pytest.mark.provokes("postfix", WHILE_RESTARTING)
def test_training_changes_the_verdict(server, alice, spammer, subject):
    """
    After training, a message like the spam goes to Junk, and one like the ham to INBOX.
    """
    early, spam, ham = (f"{each} {subject}" for each in ("early", "spam", "ham"))
    forget_all(server.project)
    spammer.send(alice.address, written("spam", early))
    unjudged = alice.receive(early)

    train_both(server.project)
    spammer.send(alice.address, written("spam", spam))
    spammer.send(alice.address, written("ham", ham))

    bad, good = alice.receive(spam, folder="Junk"), alice.receive(ham)
    assert "BAYES" not in unjudged.all("X-Spam-Status")[0]
    assert "BAYES_99" in bad.all("X-Spam-Status")[0]
    assert "BAYES_00" in good.all("X-Spam-Status")[0]
    assert score(bad) > score(good) + 4
    assert score(bad) > score(unjudged) > score(good)


def score(received) -> float:
    """Return the spam score of a message."""
    return float(received.all("X-Spam-Score")[0])


def test_the_control_socket_scores_a_message(server, trained):
    """The control socket scores a message as it would be scored on arrival."""
    message = written("spam", "tried out").decode()

    answer = ask(server.project, "SYMBOLS SPAMC/1.5", message=message)

    assert answer.startswith("SPAMD/1.1 0 EX_OK")
    assert "BAYES_99" in answer


# Words that came in many messages: most of them today, some a month ago.
FRESH, STALE = 115_000, 45_000
CROWD = """
import sqlite3, sys, time
now, fresh, stale = int(time.time()), *map(int, sys.argv[1:])
month_ago = now - 30 * 86400
atimes = [now] * fresh + [month_ago] * stale
with sqlite3.connect("/var/lib/bayes/bayes.db", timeout=30) as database:
    ((user,),) = database.execute("SELECT id FROM bayes_vars WHERE username = 'site'")
    database.executemany(
        "INSERT INTO bayes_token VALUES (?, ?, 1, 0, ?)",
        ((user, n.to_bytes(5, "big"), atime) for n, atime in enumerate(atimes)),
    )
    database.execute(
        "UPDATE bayes_vars SET token_count = token_count + ?, oldest_token_age = ?",
        (len(atimes), month_ago),
    )
"""


def test_old_tokens_expire(server, trained, alice, spammer, subject):
    """Tokens that were not seen for weeks expire when there are over 150,000."""
    project = server.project
    before = stats(project)["users"]["site"]
    crowd = ("python3", "-c", CROWD, str(FRESH), str(STALE))
    project.inside("spamassassin", *crowd)

    spammer.send(alice.address, written("ham", subject))

    assert "BAYES_00" in alice.receive(subject).all("X-Spam-Status")[0]
    wait_until(lambda: stats(project)["users"]["site"]["last_expiry"], "an expiry", 60)
    after = stats(project)["users"]["site"]
    assert after["ntokens"] == before["ntokens"] + FRESH
    assert time.time() - after["oldest"] < 86400


@pytest.mark.provokes("postfix", WHILE_RESTARTING)
def test_with_spam_learning_user_each_user_has_its_own_training(
    server, trained, alice, bob, spammer, subject
):
    """With SPAM_LEARNING=user, mail to one user is judged by that user's training."""
    project = server.project
    with settings(project, SPAM_LEARNING="user"):
        project.stack("init", "--yes")
        wait_until(lambda: stats(project)["learning"] == "user", "the new setting")
        # alice trains spam as ham, and ham as spam.
        for kind, said in (("spam", "ham"), ("ham", "spam")):
            train(project, training_requests(kind, ENOUGH, said, alice.address))
        wait_until_learnt(project, 300)
        spammer.send(alice.address, written("spam", f"one {subject}"))
        spammer.send(bob.address, written("spam", f"two {subject}"))
        hers = alice.receive(f"one {subject}").all("X-Spam-Status")[0]
        his = bob.receive(f"two {subject}").all("X-Spam-Status")[0]
        own = known(project, alice.address)
    project.stack("init", "--yes")
    wait_until(lambda: stats(project)["learning"] == "site", "the old setting")
    forget_all(project)

    assert own == Known(ENOUGH, ENOUGH)
    assert "BAYES_00" in hers
    assert "BAYES_00" not in his


@pytest.mark.provokes("postfix", WHILE_RESTARTING)
@pytest.mark.provokes("spamassassin", "spamd")
def test_a_kill_loses_and_doubles_no_training(server, before):
    """
    When the filter is killed, each message that was accepted for training counts once.
    """
    project, count = server.project, 80
    container = project.container("spamassassin")
    started = container.attrs["State"]["StartedAt"]

    answers = train(project, training_requests("spam", count, user="kill@example.test"))
    wait_until(
        lambda: known(project).nspam > before.nspam, "the first of them learnt", 30
    )
    kill(project, "spamassassin")
    wait_until(
        lambda: (
            project.container("spamassassin").attrs["State"]["StartedAt"] != started
        ),
        "a new start",
    )
    project.wait_for("healthy", "spamassassin", 120)
    wait_until_learnt(project)

    assert all(answer.startswith("SPAMD/1.5 0 EX_OK") for answer in answers)
    assert known(project) == Known(before.nspam + count, before.nham)
    # A message learnt in part would have left words that more messages had than there
    # are; and the file is whole.
    look = (
        "import sqlite3; d = sqlite3.connect('/var/lib/bayes/bayes.db');"
        "print(*d.execute('PRAGMA integrity_check').fetchone(),"
        " *d.execute('SELECT max(t.spam_count) <= v.spam_count,"
        " count(*) = v.token_count FROM bayes_token t JOIN bayes_vars v USING (id)')"
        ".fetchone())"
    )
    assert project.inside("spamassassin", "python3", "-c", look) == b"ok 1 1\n"


@pytest.mark.provokes("postfix", WHILE_RESTARTING)
def test_a_damaged_bayes_database_is_put_aside(server, alice, spammer, subject):
    """
    A damaged Bayes database is put aside: mail is scanned, and training begins anew.
    """
    project, since = server.project, time.time()

    in_volume(project, "head -c 20000 /dev/zero > bayes.db; rm -f bayes.db-*")
    begun = known(project)
    spammer.send(alice.address, written("spam", subject))
    train(project, training_requests("spam", 1, user="anew@example.test"))

    assert alice.receive(subject)
    assert begun == Known(0, 0)
    wait_until_known(project, 1, 0)
    said = [line.text for line in project.lines(["spamassassin"], since)]
    assert [line for line in said if "put aside" in line]
    forget_all(project)
