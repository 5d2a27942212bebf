"""After all that happened, no daemon has complained. Always the last test."""

from .login import plain
from .logs import Announcement

OURS = {
    *("postfix", "dovecot", "dkim-sign", "dkim-verify", "spamassassin"),
    *("rule-updater", "resolver", "stack", "certs", "clamav"),
}

# What is no fault, and no test can tell when it is said.
HARMLESS = (
    # By Dovecot, of a machine that had no time for it.
    "Time moved forward by",
    # By Dovecot, of each change of the configuration, and of old processes after it.
    "SIGHUP received - reloading configuration",
    "aren't dying after reload",
    "Sent SIGTERM to",
    "Killed with signal 15",
    # By Dovecot, of a health check that was under way when its container stood still.
    "returned unknown PID",
    # By Postfix, whose helper ended for such a change; the next one is asked.
    "problem talking to service",
)


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
        and not any(each in line.text for each in HARMLESS)
        and not any(each.covers(line) for each in announced)
    ]

    assert not complaints, "\n".join(map(str, complaints))


def test_no_password_is_logged(server, alice, bob, carol):
    """Neither as it is nor as it travelled."""
    log = "\n".join(line.text for line in server.project.lines(OURS))

    for user in (alice, bob, carol):
        assert user.password not in log
        assert plain(user.address, user.password) not in log
