"""What master.cf says of the processes that only time would show."""

from pathlib import Path

import pytest

from stack.certs.store import Served
from stack.render import render

CONFIG = Path(__file__).parents[2] / "config"
SERVED = Served(("mail.example.org.pem",), ())


@pytest.fixture
def services(settings) -> dict[str, str]:
    """Render master.cf: from a service's name to its lines."""
    text = render(CONFIG, settings, [], SERVED)["postfix/master.cf"]
    entries = text.replace("\n  ", " ").splitlines()
    return {line.split()[0]: line for line in entries if line and line[0] != "#"}


def test_users_hear_of_late_mail_after_two_hours(services):
    """And only users: cleanup(8) writes the time into each message's queue file."""
    late = {name for name, line in services.items() if "delay_warning_time" in line}

    assert late == {"mua-cleanup"}
    assert "-o delay_warning_time=2h" in services["mua-cleanup"]
