"""Options that commands of `stack cert` share, and the container that they run in."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from stack.cli.support import terminal
from stack.cli.support.output import carry_out, say
from stack.system.errors import StackError, UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.renewal.deployment.deployer import Deployer

timeout = click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(0, 3600),
    default=60,
    show_default=True,
    help="How many seconds the mail ports have to serve the change.",
)
despite_tlsa = click.option(
    "--despite-tlsa",
    is_flag=True,
    help="Serve it although the TLSA records are for another key: servers that check"
    " DANE hold back mail for us.",
)


def deployer(project: Project, seconds: float) -> "Deployer":
    """
    Return the deployer by the settings of .env; it gives the ports *seconds*.

    Raises:
        InvalidError: When .env is wrong.
    """
    from stack.config import envfile
    from stack.renewal.deployment.deployer import Deployer

    return Deployer(project, envfile.load(project.env), say, seconds)


def start_certs(project: Project) -> None:
    """Have `docker compose up` start the service certs, too, from now on."""
    from stack.apply import plan

    with project.lock():
        if changes := plan.certs_started(project):
            carry_out(changes)
    if changes and not project.is_whole:
        say("Run `docker compose run --rm stack`: `up` then starts this service, too.")


def require_proof(unproven: Sequence[str]) -> None:
    """
    Fail when a change is *unproven*: a port that was not asked may not serve it.

    Raises:
        StackError: With all lines of *unproven*.
    """
    if unproven:
        raise StackError(*unproven)


class RunsInCerts(click.Command):
    """A command that runs in the service certs, which has certbot."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments as they were typed."""
        ctx.meta["typed"] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it here if this is that service, else there by `docker compose exec`."""
        from stack.renewal.acme import certbot_program

        ctx.obj.require()
        if certbot_program.is_available():
            return super().invoke(ctx)
        command = ("stack", "cert", str(self.name), *ctx.meta["typed"])
        return ctx.exit(_run_in_certs(ctx.obj, command))


def _run_in_certs(project: Project, command: Sequence[str]) -> int:
    from stack.apply import plan
    from stack.config import envfile
    from stack.system import processes

    # Report wrong settings before a container starts.
    envfile.load(project.env)
    if not processes.find("docker"):
        raise UnableError(
            "certbot runs in the service certs: `docker compose up --detach --wait"
            f" certs`, then `docker compose exec certs {shlex.join(command)}`"
        )
    compose = ("docker", "compose", "--project-directory", str(project.root))
    status = processes.run_attached((*compose, "up", "--detach", "--wait", "certs"))
    if status:
        raise UnableError("the service certs doesn't start: see what Docker said above")
    quiet = () if terminal.is_attended() else ("--no-TTY",)
    status = processes.run_attached((*compose, "exec", *quiet, "certs", *command))
    # The service itself can't write .env.
    if plan.is_start_asked(project):
        start_certs(project)
    return status
