"""DNSSEC in use, for one signed zone of the test world."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.configuration.reload import await_reload, with_settings
from tests.support.configuration.templates import replaced
from tests.support.server.project import Project
from tests.support.world.zones.signed_zone import trust_anchor

ROOT = 'trust-anchor-file: "/usr/share/dns/root.key"'


@contextmanager
def dnssec(project: Project, anchor: str = "", **others: str) -> Iterator[None]:
    """
    Have RESOLVER_DNSSEC on for a while, and *others* of the settings as said.

    The root of this world is not signed, so the key of a signed zone takes the place of
    the root's: *anchor*, a record of type DS or DNSKEY, by default that of dane.test.
    """
    instead = f'trust-anchor: "{anchor or trust_anchor(project)}"'
    with replaced(project, "resolver/unbound.conf.j2", ROOT, instead):
        with with_settings(project, RESOLVER_DNSSEC="yes", **others):
            await_reload(project)
            yield
        await_reload(project)
