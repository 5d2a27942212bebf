"""Settings of postscreen, for a while."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.support.configuration.reload import in_use, with_settings
from tests.support.server.project import Project
from tests.support.world.zones.blocklists import EVERYBODY

CACHE = "/var/lib/postfix/postscreen_cache.lmdb"


def postscreen_settings(
    project: Project, **wanted: str
) -> AbstractContextManager[None]:
    """Have other settings in use, and an empty cache of known clients, for a while."""
    return in_use(project, _forgetting(project, **wanted))


def all_clients_refused(project: Project) -> AbstractContextManager[None]:
    """Have postscreen talk to all clients, and refuse their mail, for a while."""
    return postscreen_settings(project, GREETING_DELAY="0", DNSBL=EVERYBODY)


@contextmanager
def _forgetting(project: Project, **wanted: str) -> Iterator[None]:
    # A process that has it open writes to the removed file until the reload.
    project.inside("postfix", "rm", "-f", CACHE)
    with with_settings(project, **wanted):
        yield
