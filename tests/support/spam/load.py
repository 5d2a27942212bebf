"""Mail that is sent while the spam filter fails, and must be scanned."""

from contextlib import contextmanager

from tests.support.mail.load import Load
from tests.support.wait import wait_until


@contextmanager
def under_load(alice, bob, subject):
    """Send mail meanwhile; expect what got a 250 to be delivered with a score."""
    load = Load(alice, bob, subject)
    with load.running():
        yield load
        wait_until(lambda: from_strangers(load), "a message taken on port 25", 90)
    wait_until(lambda: load.acknowledged <= set(bob.subjects()), "all of it", 90)
    for name in from_strangers(load):
        assert bob.receive(name).all("X-Spam-Score"), f"{name} is unscanned"


def from_strangers(load: Load) -> set[str]:
    """The subjects of messages that were taken on port 25, and so had to be scanned."""
    return {name for name in set(load.acknowledged) if " 25 " in name}
