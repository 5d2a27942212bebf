"""
Takes certificates into use, and confirms on every port that they are served.

Each file is replaced by a rename, one after the other. The order keeps every file that
the configuration names in place at each step, so a process that is killed in between
leaves a server that works. If a port doesn't serve the new certificates in time, the
deployer restores the old ones.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from stack.apply import plan, verdicts
from stack.certs import store
from stack.certs.store import Stored
from stack.config.settings import Settings
from stack.renewal.deployment import handshake, port_check
from stack.renewal.deployment.port_check import PortResult, Removed
from stack.services.web import places
from stack.services.web.places import MAIL, Place
from stack.system import files
from stack.system.endpoints import Endpoint
from stack.system.errors import StackError
from stack.system.project import Project

# Seconds that the ports may take to serve a new certificate, unless said otherwise.
TIMEOUT = 60.0

# Added to the name of a port that can't be asked.
UNPROVEN = (
    "the change is made, but not proven there: see `docker compose ps`, then run"
    " `stack cert check` when the server runs"
)
REMEDY = "see `docker compose ps` and the logs of that service, then try again"

# Takes one line of progress.
Tell = Callable[[str], None]

# The PEM text by the name of a file in the folder of a place; None: no such file.
Texts = Mapping[str, str | None]


@dataclass(frozen=True)
class Deployer:
    """Replaces certificates of one project, and checks the ports afterwards."""

    project: Project
    settings: Settings
    tell: Tell
    """Is told each step."""
    timeout: float = TIMEOUT
    """Seconds that the ports may take to serve a new certificate."""
    place: Place = MAIL
    """Which ports serve the certificates."""

    def serving(self, name: str) -> "Deployer":
        """Return the deployer for the ports that serve the certificate *name*."""
        return replace(self, place=places.of(self.project, name))

    def deploy(self, wanted: Texts) -> list[str]:
        """
        Write *wanted* to the folder of the place, and wait until every port serves it.

        Return one line for each port that could not be asked. A port that didn't
        answer before the change is no reason to restore the old certificates.

        Raises:
            StackError: When a port didn't serve them in time; the old certificates are
                back then.
        """
        ports, unproven = self._answering()
        before = self._replace(wanted)
        if not ports:
            return unproven
        self.tell(f"Waiting until every {self.place.ports} serves it …")
        failed = self._wait(ports, before, wanted)
        if failed:
            raise self._roll_back(before, wanted, failed)
        self.tell(f"Served on {', '.join(map(str, sorted(ports)))}.")
        return unproven

    def _replace(self, wanted: Texts) -> dict[str, str | None]:
        """Replace the files, and return their texts from before."""
        with self.project.lock():
            folder = self.place.folder(self.project)
            before = {file: files.read(folder / file) for file in wanted}
            planned = plan.certificates(self.project, self.settings, wanted, self.place)
            for change in planned:
                change.carry_out()
                self.tell(change.words)
        return before

    def _wait(
        self, ports: Sequence[Endpoint], before: Texts, wanted: Texts
    ) -> list[PortResult]:
        """Return what the ports still serve wrongly when the time is over."""
        return port_check.wait_until_served(
            ports,
            self._changed(wanted),
            self.settings.mail_hostname if self.place.has_default else None,
            self.timeout,
            _removed(before, wanted),
        )

    def _roll_back(
        self, before: Texts, wanted: Texts, failed: Sequence[PortResult]
    ) -> StackError:
        """Restore the files from before, and return the error that explains why."""
        # Asked first: what the daemons refused is still there.
        reasons = self._refusals(failed)
        restored = ""
        if before != wanted:
            self._replace(before)
            restored = "the one before was put back; "
        return StackError(
            *(f"{each.endpoint} {each.problem}: {restored}{REMEDY}" for each in failed),
            *reasons,
        )

    def _refusals(self, failed: Iterable[PortResult]) -> list[str]:
        """Return why the daemons of the *failed* ports refused it, in their words."""
        services = {self.place.services[each.endpoint.port] for each in failed}
        look = verdicts.view_reader(self.project)
        words = verdicts.refusals(look, services) if look else {}
        return [
            f"{service}: {'; '.join(text.splitlines())}"
            for service, text in sorted(words.items())
        ]

    def _changed(self, wanted: Texts) -> dict[str, Stored]:
        """Return the certificates that *wanted* is about; others may be damaged."""
        return {
            name: stored
            for name, stored in store.usable(self.place.folder(self.project)).items()
            if not wanted.keys().isdisjoint(store.files_of(name))
        }

    def _answering(self) -> tuple[list[Endpoint], list[str]]:
        """
        Return the ports that answer now, and one line for each other port.

        A port that is silent before the change can't fail because of it, nor confirm
        it.
        """
        found = self.place.find(self.project.root)
        with ThreadPoolExecutor() as pool:
            answers = dict(zip(found, pool.map(handshake.answers, found), strict=True))
        answering = [each for each in found if answers[each]]
        if not answering:
            return [], [f"no {self.place.ports} answers: {UNPROVEN}"]
        silent = [f"{each} does not answer" for each in found if not answers[each]]
        missing = set(self.place.services) - {each.port for each in found}
        silent += [f"port {port} is nowhere to be found" for port in sorted(missing)]
        return answering, [f"{words}: {UNPROVEN}" for words in silent]


def _removed(before: Texts, wanted: Texts) -> list[Removed]:
    """Return the certificates whose files are removed."""
    texts = {file: text for file, text in before.items() if text is not None}
    return [
        Removed(stored.probe_host, bundle)
        for stored in store.parse_usable(texts).values()
        for file, bundle in stored.bundles.items()
        if wanted[file] is None
    ]
