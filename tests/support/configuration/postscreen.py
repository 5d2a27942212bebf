"""What postscreen does to who knocks on port 25, for a while."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.support.configuration.reload import in_use, with_settings
from tests.support.server.project import Project
from tests.support.world.blocklists import EVERYBODY

MEMORY = "/var/lib/postfix/postscreen_cache.lmdb"


def in_force(project: Project, **wanted: str) -> AbstractContextManager[None]:
    """Have other settings in use, and everybody new to Postfix, for a while."""
    return in_use(project, _forgetting(project, **wanted))


def everybody_refused(project: Project) -> AbstractContextManager[None]:
    """Have postscreen itself speak to all clients, and refuse their mail."""
    return in_force(project, GREETING_DELAY="0", DNSBL=EVERYBODY)


@contextmanager
def _forgetting(project: Project, **wanted: str) -> Iterator[None]:
    # Whoever has it open writes to what is gone, until the reload that follows.
    project.inside("postfix", "rm", "-f", MEMORY)
    with with_settings(project, **wanted):
        yield
