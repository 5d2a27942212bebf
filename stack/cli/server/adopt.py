"""`stack adopt`: the volumes of another folder become this one's."""

import click

from stack.cli.support.output import say
from stack.system.project import Project


@click.command()
@click.pass_obj
def adopt(project: Project) -> None:
    """
    Take over the volumes of another folder's server: its mail, its queue.

    For a folder that takes the place of one that is gone, or whose var/ is lost. The
    other folder is refused from the next start on. Without this, `stack init` and the
    containers refuse what belongs to another folder.
    """
    from stack.apply import ownership

    project.require()
    with project.lock():
        ownership.adopt(project)
    say(
        "Run `docker compose up --detach --wait`: the containers take the volumes over."
    )
