"""`stack init`: everything that the containers need, made or brought up to date."""

import click

from stack.cli.dns.dkim import steps
from stack.cli.server import relay
from stack.cli.support import arguments, terminal, verdicts
from stack.cli.support.accounts import reading
from stack.cli.support.output import carry_out, say
from stack.system.project import Project

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
@click.option("--verbose", is_flag=True, help="Name every file that is written.")
@click.option("--ipv6-seen", help="What tools/ipv6.sh says.", hidden=True)
@click.option("--only-env", is_flag=True, help="Write no file but .env.", hidden=True)
@click.pass_obj
def init(
    project: Project,
    domain: str | None,
    hostname: str | None,
    yes: bool,
    dry_run: bool,
    verbose: bool,
    ipv6_seen: str | None,
    only_env: bool,
) -> None:
    """
    Make or update everything that the containers need.

    Without .env, writes one. From it come keys, certificate, accounts database and
    the configuration of every service. Keys and accounts that exist are kept. If
    accounts exist and .env is missing, no new .env is made: restore the last good one,
    var/etc/certs/env.
    Services that run try what has changed for them; exit 1 if one refuses it. Rotations
    of DKIM keys go on (`stack dkim rotate`).
    """
    from stack.apply import plan, versions

    project.require()
    names = _names(project, domain, hostname, ask=not yes)
    names |= {"IPV6_SEEN": ipv6_seen} if ipv6_seen else {}
    names |= _ipv6_names(project, names)
    if dry_run:
        for change in plan.initial(project, names):
            click.echo(change.words)
        return
    if only_env:
        # For Compose. The rest follows when it starts the containers.
        with project.lock():
            carry_out(plan.env(project, names), verbose=verbose)
        return
    with verdicts.waiting_for_verdicts(project), project.lock():
        changes = plan.initial(project, names)
        carry_out(changes, verbose=verbose)
    steps.advance(project)
    if not versions.is_ours(project.root):
        say(f"Warning: {versions.OTHER}.")
    relay.warn_of_unused(project)
    _warn_of_public_resolvers(project)
    _warn_of_missing_passwords(project)
    _warn_of_nobody(project)
    if changes:
        _say_next(project)


def _names(
    project: Project, domain: str | None, hostname: str | None, *, ask: bool
) -> dict[str, str]:
    """
    Return the keys of .env to set: those given, or both for a first time.

    Where .env has ports and no names, it is the first time all the same.
    """
    from stack.apply import recovery
    from stack.config import envfile, reference

    given = {"MAIL_DOMAIN": domain, "MAIL_HOSTNAME": hostname}
    wanted = {key: name for key, name in given.items() if name}
    text = envfile.read(project.env)
    known = envfile.names(text or "") | wanted
    if text is None:
        recovery.refuse_missing_env(project, wanted)
    if len(known) == len(given) or (text is not None and recovery.is_in_use(project)):
        return wanted
    if not (domain := known.get("MAIL_DOMAIN")):
        trial = reference.TRIAL["mail_domain"]
        domain = _ask("Mail domain, what follows the @", trial) if ask else trial
        if ask and "MAIL_HOSTNAME" not in known:
            hostname = _prompt("Name of this server", f"mail.{domain}")
    first = {"MAIL_DOMAIN": domain, "MAIL_HOSTNAME": hostname or f"mail.{domain}"}
    return wanted | {key: name for key, name in first.items() if key not in known}


def _ipv6_names(project: Project, names: dict[str, str]) -> dict[str, str]:
    """
    Return the key of .env that says whether PUBLIC_IPV6 has the right names.

    None where mail can't leave on IPv6 anyway, or where nobody can say it now: then it
    stays as it was.
    """
    from stack.apply import recovery
    from stack.config import envfile
    from stack.config.derived import Derived
    from stack.dns.resolver import reverse

    settings = envfile.parse(envfile.with_values(recovery.settings(project), names))
    if not (Derived(settings).has_ipv6 and settings.public_ipv6):
        return {}
    problem = reverse.problem(settings.public_ipv6, settings.mail_hostname)
    if problem is None:
        return {}
    return {"IPV6_NAMES": "differ" if problem else "match"}


def _ask(question: str, default: str) -> str:
    if not terminal.is_attended():
        raise click.UsageError(
            "no domain is in .env, and there is no terminal to ask on: give --domain,"
            " or --yes for a trial"
        )
    return _prompt(question, default)


def _prompt(text: str, default: str) -> str:
    return str(
        click.prompt(text, default=default, value_proc=arguments.domain, err=True)
    )


def _warn_of_public_resolvers(project: Project) -> None:
    from stack.config import envfile
    from stack.dns.resolver import public_resolvers

    upstream = envfile.load(project.env).resolver_upstream
    for address, owner in public_resolvers.public(upstream).items():
        say(
            f"Warning: {address} in RESOLVER_UPSTREAM is {owner}'s, for everybody:"
            " block lists don't answer it. Leave it empty if you can."
        )


def _warn_of_missing_passwords(project: Project) -> None:
    from stack.accounts.store import database
    from stack.system.errors import UnableError

    try:
        users = database.without_password(project.database)
    except UnableError as error:
        # Mail goes on without it, and so the server is to start.
        return say(f"Warning: {error}; until then nobody can log in")
    if users:
        more = f" and {len(users) - 3} more" if len(users) > 3 else ""
        say(
            f"Warning: {project.passwords} lacks the passwords of"
            f" {', '.join(users[:3])}{more}: nobody of them can log in; put all of"
            f" {project.passwords.parent} back from one copy, or give each a new one"
            " with `stack user passwd`"
        )
    return None


def _warn_of_nobody(project: Project) -> None:
    from stack.accounts.routing import graph

    with reading(project) as session:
        dead = sorted(graph.Routing(session).dead_ends())
    for source, target in dead:
        say(
            f"Warning: alias {source} → {target}: nobody has that address, so mail for"
            f" it waits in vain or goes back: `stack alias remove {source} {target}`"
        )


def _say_next(project: Project) -> None:
    from stack.accounts import users
    from stack.config import envfile

    with reading(project) as session:
        if not users.listed(session):
            say(NEXT.format(domain=envfile.load(project.env).mail_domain))
