"""How long a message may keep the spam filter, and others, waiting."""

import pytest
from spam_milter.config import parse

from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.places import CONFIG

SERVED = Served(("mail.example.org.pem",), ())


def option(text: str, name: str) -> int:
    """Return the number of seconds that the line *name* of a file says."""
    (line,) = [each for each in text.splitlines() if each.startswith(f"{name} ")]
    return int(line.split()[-1].removesuffix("s"))


@pytest.mark.parametrize("limit", [5, 30, 60])
def test_outer_timeouts_exceed_inner_ones(limit):
    """spamd gives up first, then the milter, and Postfix last."""
    names = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}
    settings = Settings(**names, spam_time_limit=limit)
    files = render(CONFIG, settings, [], SERVED)
    milter = parse(files["spamassassin/spam-milter.conf"], "spam-milter.conf")

    assert option(files["spamassassin/local.cf"], "time_limit") == limit
    assert milter.answer_timeout == limit + 10
    assert milter.queue_timeout + milter.answer_timeout < option(
        files["postfix/main.cf"], "milter_content_timeout"
    )
