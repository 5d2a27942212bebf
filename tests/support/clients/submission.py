"""A session on a submission port, for what no mail program would say there."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.clients.dialogue import Smtp
from tests.support.clients.login import plain
from tests.support.mail.mailbox import Mailbox


@contextmanager
def logged_in(user: Mailbox, port: int = 587) -> Iterator[Smtp]:
    """Talk to *port* (587 or 465) as *user*, encrypted."""
    with user.server.connect(port, user.server.trust) as session:
        session.ehlo()
        reply = session.say(f"AUTH PLAIN {plain(user.address, user.password)}")
        if reply.code != 235:
            raise AssertionError(f"{user.address} can't log in: {reply}")
        yield session
