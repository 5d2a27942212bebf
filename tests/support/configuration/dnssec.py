"""DNSSEC in use, for the one zone of the test world that is signed."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.configuration.reload import await_reload, with_settings
from tests.support.configuration.templates import replaced
from tests.support.server.project import Project
from tests.support.world.signed_zone import trust_anchor

ROOT = 'trust-anchor-file: "/usr/share/dns/root.key"'


@contextmanager
def dnssec(project: Project) -> Iterator[None]:
    """
    Have RESOLVER_DNSSEC on for a while.

    The root of this world is not signed, so the key of the signed zone takes the place
    of the root's.
    """
    anchor = f'trust-anchor: "{trust_anchor(project)}"'
    with replaced(project, "resolver/unbound.conf.j2", ROOT, anchor):
        with with_settings(project, RESOLVER_DNSSEC="yes"):
            await_reload(project)
            yield
        await_reload(project)
