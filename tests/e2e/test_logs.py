"""After all that happened, no daemon has complained. Always the last test."""

from .login import plain
from .logs import Announcement

OURS = {
    *("postfix", "dovecot", "dkim-sign", "dkim-verify", "spamassassin"),
    *("rule-updater", "resolver", "stack", "certs", "clamav"),
}

# Said by Dovecot of a machine that had no time for it: a fault of none of ours.
STOOD_STILL = "Time moved forward by"


def test_no_daemon_has_warned(server, request):
    """
    Nothing is logged as a warning or worse that no test provoked on purpose.

    A test says what it provokes by its mark `provokes`, which holds while it runs and
    shortly after; what is left is a defect, or will drown the defect to come.
    """
    announced = [
        each for item in request.session.items for each in Announcement.all_by(item)
    ]
    complaints = [
        line
        for line in server.project.lines(OURS)
        if line.is_trouble
        and STOOD_STILL not in line.text
        and not any(each.covers(line) for each in announced)
    ]

    assert not complaints, "\n".join(map(str, complaints))


def test_no_password_is_logged(server, alice, bob, carol):
    """Neither as it is nor as it travelled."""
    log = "\n".join(line.text for line in server.project.lines(OURS))

    for user in (alice, bob, carol):
        assert user.password not in log
        assert plain(user.address, user.password) not in log
