"""Recovery of an .env that is lost, or that lost its names."""

from collections.abc import Mapping

from stack.accounts.store import database
from stack.config import envfile, reference
from stack.system import files
from stack.system.errors import InvalidError
from stack.system.project import Project


def settings(project: Project) -> str:
    """Return the text of .env; if it is lost, of the last good one, or of a trial."""
    for path in (project.env, project.applied):
        if (text := envfile.read(path)) is not None:
            return text
    return reference.example()


def is_in_use(project: Project) -> bool:
    """
    Say whether the project has more than a trial without users.

    What `make up` writes into .env counts as a setting.
    """
    kept = files.read(project.applied)
    has_names = kept is not None and kept != reference.example()
    return has_names or database.has_users(project.database)


def refuse_missing_env(project: Project, names: Mapping[str, str]) -> None:
    """
    Refuse to make .env from *names* and defaults for a server that is in use.

    Raises:
        InvalidError: It is, and has a name that isn't given. A trial would be added to
            its domains, and every setting be another.
    """
    if "MAIL_DOMAIN" in names or not is_in_use(project):
        return
    lost = (
        f"{project.env.name}: is missing, and this server has users, or settings of its"
        " own"
    )
    if files.exists(project.applied):
        kept = project.applied.relative_to(project.root)
        raise InvalidError(
            f"{lost}: put back the last good one, `cp {kept} {project.env.name}`"
        )
    raise InvalidError(
        f"{lost}: put it back from a copy, or have one made with its own names,"
        " `stack init --domain example.org --hostname mail.example.org`"
    )
