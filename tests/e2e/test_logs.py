"""After all that happened, no daemon has complained. Always the last test."""

import re

from .login import plain

OURS = {
    *("postfix", "dovecot", "dkim-sign", "dkim-verify", "spamassassin"),
    *("rule-updater", "resolver", "stack", "certs", "clamav"),
}

# Said by Dovecot of a machine that had no time for it: a fault of none of ours.
STOOD_STILL = "Time moved forward by"


def test_no_daemon_has_warned(server, request):
    """
    Nothing is logged as a warning or worse that no test provoked on purpose.

    A test says what it provokes by its mark `provokes`; what is left is a defect, or
    will drown the defect to come.
    """
    provoked = [
        mark.args
        for item in request.session.items
        for mark in item.iter_markers("provokes")
    ]
    complaints = [
        line
        for line in server.project.lines(OURS)
        if line.is_trouble
        and STOOD_STILL not in line.text
        and not any(
            line.service == service and re.search(pattern, line.text)
            for service, pattern in provoked
        )
    ]

    assert not complaints, "\n".join(map(str, complaints))


def test_no_password_is_logged(server, alice, bob, carol):
    """Neither as it is nor as it travelled."""
    log = "\n".join(line.text for line in server.project.lines(OURS))

    for user in (alice, bob, carol):
        assert user.password not in log
        assert plain(user.address, user.password) not in log
