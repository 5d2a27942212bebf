"""`stack up`: the whole server, started and brought up to date."""

import click

from stack.system.errors import UnableError
from stack.system.project import Project


@click.command()
@click.pass_obj
def up(project: Project) -> None:
    """
    Check .env, build, start, and wait until every container is healthy.

    What is refused has changed nothing, and the server goes on as it was; then the
    reason is told, with the setting that mends it. `make up` is the same.
    """
    from stack.system import processes

    project.require()
    if not processes.find("docker"):
        raise UnableError(
            "there is no docker here: run `tools/up.sh` in the project's directory, or"
            " `stack up`, on the machine itself"
        )
    script = (project.root / "tools" / "up.sh").resolve()
    if not script.exists():
        raise UnableError(
            f"{script}: is missing: `stack up` needs the whole project folder"
        )
    raise click.exceptions.Exit(processes.run_attached([str(script)]))
