"""`stack init`: everything that the containers need, made or brought up to date."""

import click

from stack.cli import arguments, relay, terminal, verdict
from stack.cli.output import carry_out, say
from stack.project import Project

NEXT = """\
Next:
  stack user add NAME@{domain}
      makes a mailbox
  stack init --domain example.org --hostname mail.example.org
      takes your own names
  stack dns show
      prints the DNS records to publish
  stack cert issue
      gets a certificate that mail programs trust
Where Python is not installed, `docker compose run --rm stack` is `stack`."""


@click.command()
@click.option(
    "--domain", type=arguments.domain, help="The first mail domain, like example.org."
)
@click.option(
    "--hostname", type=arguments.domain, help="This server's name.  [mail.DOMAIN]"
)
@click.option("--yes", is_flag=True, help="Ask nothing; without .env make a trial.")
@click.option("--dry-run", is_flag=True, help="Only list what would change.")
@click.pass_obj
def init(
    project: Project, domain: str | None, hostname: str | None, yes: bool, dry_run: bool
) -> None:
    """
    Make or update everything that the containers need.

    Without .env, writes one. From it come keys, certificate, accounts database and
    the configuration of every service. Keys and accounts that exist are kept. Services
    that run try what has changed for them; exit 1 if one refuses it.
    """
    from stack import plan

    project.require()
    names = _names(project, domain, hostname, ask=not yes)
    if dry_run:
        for change in plan.initial(project, names):
            click.echo(change.words)
        return
    with verdict.awaited(project), project.lock():
        changes = plan.initial(project, names)
        carry_out(changes)
    relay.warn_of_unused(project)
    _warn_of_public_resolvers(project)
    if changes:
        _say_next(project)


def _names(
    project: Project, domain: str | None, hostname: str | None, *, ask: bool
) -> dict[str, str]:
    """Return the keys of .env to set: those given, or both for a first time."""
    from stack import files

    if not files.exists(project.env):
        if ask and not domain:
            domain, hostname = _ask(hostname)
        if domain and not hostname:
            hostname = f"mail.{domain}"
    given = {"MAIL_DOMAIN": domain, "MAIL_HOSTNAME": hostname}
    return {key: name for key, name in given.items() if name}


def _ask(hostname: str | None) -> tuple[str, str]:
    if not terminal.is_attended():
        raise click.UsageError(
            "there is no .env, and no terminal to ask on: give --domain, or --yes for"
            " a trial"
        )
    from stack.reference import TRIAL

    domain = _prompt("Mail domain, what follows the @", TRIAL["mail_domain"])
    return domain, hostname or _prompt("Name of this server", f"mail.{domain}")


def _prompt(text: str, default: str) -> str:
    return str(
        click.prompt(text, default=default, value_proc=arguments.domain, err=True)
    )


def _warn_of_public_resolvers(project: Project) -> None:
    from stack import env, resolvers

    upstream = env.load(project.env).resolver_upstream
    for address, owner in resolvers.public(upstream).items():
        say(
            f"Warning: {address} in RESOLVER_UPSTREAM is {owner}'s, for everybody:"
            " block lists don't answer it. Leave it empty if you can."
        )


def _say_next(project: Project) -> None:
    from stack import accounts, database, env

    with database.session(project.database) as session:
        if not accounts.users(session):
            say(NEXT.format(domain=env.load(project.env).mail_domain))
