"""
Whose the volumes are: a folder doesn't take over what another one's server has.

Two clones of this project on one machine have, unless told otherwise, the same volumes.
Each has an id of its own in var/identity, made once; it moves with the folder and comes
back with a copy of var/. Every container marks its volumes with it, and ends at the
start where it finds another's (the program mark-volumes). Here the same is seen
before anything is written, where the volumes are mounted: in the container `stack`.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stack.accounts.store import database
from stack.system import endpoints, files
from stack.system.errors import UnableError
from stack.system.project import Project

# Where the volumes are in our container, each by its name.
VOLUMES = Path("/volumes")
MARK = ".owner"

# In place of the id, for volumes from before there were marks.
UNMARKED = "unmarked"

MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Owner:
    """A project's folder."""

    id: str
    folder: str
    """Where it was when it was last written down."""

    @property
    def text(self) -> str:
        """What stands in a mark, and in var/identity/owner."""
        return f"{self.id}\n{self.folder}\n"


def of(project: Project) -> Owner:
    """Return who owns what *project* has, with a new id if there is none yet."""
    known = _read(project.owner)
    return Owner(known.id if known else uuid.uuid4().hex, _folder(project.root))


def refuse_foreign_volumes(project: Project) -> None:
    """
    Refuse to work with volumes that belong to another folder's server.

    Raises:
        UnableError: If one does. The message names both folders and the remedy.
    """
    accepted = {*_adopted(project), *(own.id for own in [_read(project.owner)] if own)}
    for name, found in sorted(_others(project).items()):
        if found.id not in accepted:
            raise UnableError(_refusal(project, name, found))


def are_marked(project: Project) -> bool | None:
    """Say whether all volumes bear the mark of *project*; nothing if none is seen."""
    own, marks = _read(project.owner), [_read(each / MARK) for each in _volumes()]
    if not marks:
        return None
    return own is not None and all(own == each for each in marks)


def adopt(project: Project) -> None:
    """
    Have all volumes accepted, whoever has them.

    Raises:
        UnableError: When they can't be seen from here.
    """
    if not any(_volumes()):
        raise UnableError(
            "the volumes can't be seen from here: `docker compose run --rm stack adopt`"
        )
    ids = {*_adopted(project), *(each.id for each in _others(project).values())}
    project.write(project.owner, of(project).text)
    project.write(project.adopted, "".join(f"{each}\n" for each in sorted(ids)))


def _others(project: Project) -> dict[str, Owner]:
    """Return who else has a volume, by its name."""
    own, found = _read(project.owner), {}
    for volume in _volumes():
        mark = _read(volume / MARK)
        if mark and (own is None or mark.id != own.id):
            found[volume.name] = mark
        elif not mark and volume.name == "mail" and not _fits(project, volume):
            found[volume.name] = Owner(UNMARKED, "")
    return found


def _fits(project: Project, mail: Path) -> bool:
    """Say whether the volume *mail*, from before there were marks, may be ours."""
    # A folder for each domain; lost+found is none.
    domains = {name for name in files.names(mail) if "." in name.strip(".")}
    return not domains or not domains.isdisjoint(database.domains(project.database))


def _refusal(project: Project, name: str, found: Owner) -> str:
    place = f"in {found.folder}" if found.folder else "that has other domains"
    return (
        f"the volume {name} belongs to the server {place}, not to this one in"
        f" {_folder(project.root)}: for a second server, write COMPOSE_PROJECT_NAME"
        " with a name of its own into .env here, and other ports, NETWORK_SUBNET,"
        " RESOLVER_NETWORK and RESOLVER_ADDRESS; for this folder to take the other"
        " one's place, run `docker compose run --rm stack adopt`; and if the other"
        " one's containers were stopped by this, `docker compose up --detach` there"
        " starts them"
    )


def _volumes() -> Iterator[Path]:
    return (VOLUMES / name for name in files.names(VOLUMES))


def _read(path: Path) -> Owner | None:
    lines = (files.read(path) or "").splitlines()
    return Owner(lines[0], lines[1] if len(lines) > 1 else "") if lines else None


def _adopted(project: Project) -> list[str]:
    return (files.read(project.adopted) or "").split()


def _folder(root: Path) -> str:
    """Return where *root* is on the machine: a container has it mounted elsewhere."""
    if endpoints.is_inside():
        for line in MOUNTS.read_text().splitlines():
            # proc_pid_mountinfo(5): the fourth is the path in its file system.
            source, target = line.split()[3:5]
            if target == str(root.resolve()):
                return re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), source)
    return str(root.resolve())
