"""
Takes certificates into use, and believes it only when every port has been seen.

Files are replaced one at a time, each by a rename, in an order in which all that the
configuration names is there at each step: whoever is killed in between leaves a server
that works. If a port doesn't serve the new ones in time, the old are put back.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from stack.apply import plan, verdicts
from stack.certs import store
from stack.certs.store import Stored
from stack.config.settings import Settings
from stack.renewal.deployment import handshake, port_check
from stack.renewal.deployment.port_check import Gone
from stack.system import endpoints, files
from stack.system.endpoints import Endpoint
from stack.system.errors import StackError
from stack.system.project import Project

# That the ports may take to serve a new certificate, unless said otherwise.
SECONDS = 60.0

# What to say of a port that can't be asked.
UNPROVEN = (
    "the change is made, but not proven there: see `docker compose ps`, then run"
    " `stack cert check` when the server runs"
)

Tell = Callable[[str], None]
Wanted = Mapping[str, str | None]


def deploy(
    project: Project, settings: Settings, wanted: Wanted, seconds: float, tell: Tell
) -> list[str]:
    """
    Have just the texts of *wanted* in these files of var/tls (None: no file), served.

    Return what keeps that from being proven: each mail port that could not be asked.
    A port that served nothing before is no reason to put the old ones back.

    Args:
        project: Where.
        settings: As .env has them.
        wanted: By the name of the file.
        seconds: That the ports may take.
        tell: Is told each step.

    Raises:
        StackError: When a port didn't serve them in time; all is as it was before.
    """
    ports, unseen = _answering(project)
    before = _put(project, settings, wanted, tell)
    if not ports:
        return unseen
    tell("Waiting until every mail port serves it …")
    wrong = port_check.wait(
        ports,
        _changed(project, wanted),
        settings.mail_hostname,
        seconds,
        _gone(project, before, wanted),
    )
    if not wrong:
        tell(f"Served on {', '.join(map(str, sorted(ports)))}.")
        return unseen
    reasons = _reasons(project, {endpoints.SERVICES[s.endpoint.port] for s in wrong})
    if before != wanted:
        _put(project, settings, before, tell)
    remedy = "see `docker compose ps` and the logs of that service, then try again"
    kept = "the one before was put back; " if before != wanted else ""
    raise StackError(
        *(f"{sight.endpoint} {sight.problem}: {kept}{remedy}" for sight in wrong),
        *reasons,
    )


def _reasons(project: Project, services: Iterable[str]) -> list[str]:
    """Return what each of *services* has against it, in the words of its daemon."""
    look = verdicts.looking(project)
    words = verdicts.refusals(look, services) if look else {}
    return [
        f"{service}: {'; '.join(text.splitlines())}"
        for service, text in sorted(words.items())
    ]


def _changed(project: Project, wanted: Wanted) -> dict[str, Stored]:
    """Return the certificates that *wanted* is about, whatever troubles others have."""
    return {
        name: stored
        for name, stored in store.sound(project.tls).items()
        if not wanted.keys().isdisjoint(store.files_of(name))
    }


def _gone(project: Project, before: Wanted, wanted: Wanted) -> list[Gone]:
    """Return what was in the files that are to be none."""
    texts = {file: text for file, text in before.items() if text is not None}
    return [
        Gone(stored.sample, bundle)
        for stored in store.of_use(texts).values()
        for file, bundle in stored.bundles.items()
        if wanted[file] is None
    ]


def _answering(project: Project) -> tuple[list[Endpoint], list[str]]:
    """
    Return the ports that serve anything now, and what to say of the others.

    No other can be blamed on us; nor can it prove anything.
    """
    found = endpoints.find(project.root)
    with ThreadPoolExecutor() as pool:
        does = dict(zip(found, pool.map(handshake.answers, found), strict=True))
    answering = [each for each in found if does[each]]
    if not answering:
        return [], [f"no mail port answers: {UNPROVEN}"]
    silent = [f"{each} does not answer" for each in found if not does[each]]
    missing = set(endpoints.SERVICES) - {each.port for each in found}
    silent += [f"port {port} is nowhere to be found" for port in sorted(missing)]
    return answering, [f"{words}: {UNPROVEN}" for words in silent]


def _put(
    project: Project, settings: Settings, wanted: Wanted, tell: Tell
) -> dict[str, str | None]:
    """Replace the files, and return what was in them."""
    with project.lock():
        before = {file: files.read(project.tls / file) for file in wanted}
        for change in plan.certificates(project, settings, wanted):
            change.carry_out()
            tell(change.words)
    return before
