"""`stack relay`: the logins to the servers that outgoing mail is handed to."""

import click

from stack.cli.support import arguments, password
from stack.cli.support.output import as_json, say, show, table
from stack.system.errors import StackError
from stack.system.project import Project


@click.group()
def relay() -> None:
    """
    Keep the logins to relays; which relays there are is said in .env.

    RELAY is host or host:port as in RELAY_HOST and RELAY_BY_DOMAIN (port 25 if not
    said), or @DOMAIN: a login for what is sent from that domain, to whichever relay
    takes it, instead of the relay's own.
    """


@relay.command()
@click.argument("key", metavar="RELAY", type=arguments.relay)
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="Read it from stdin.")
@click.pass_obj
def login(project: Project, key: str, login: str, password_stdin: bool) -> None:
    """Log in at RELAY as LOGIN. The password is asked for."""
    from stack.config import envfile, relay_logins

    project.require()
    relays = envfile.load(project.env).relays
    relay_logins.refuse_unfit_name(login)
    secret = password.foreign(from_stdin=password_stdin)
    relay_logins.refuse_unfit_password(secret)
    with project.lock():
        known = relay_logins.load(project)
        relay_logins.save(project, known | {key: relay_logins.Login(login, secret)})
    say(f"Saved the login for {key}. Waiting mail is tried again by and by, or now:")
    say("  docker compose exec postfix postqueue -f")
    if not relay_logins.is_used(key, relays):
        _warn([key], list(map(str, relays.values())))


@relay.command()
@click.argument("key", metavar="RELAY", type=arguments.relay)
@click.pass_obj
def logout(project: Project, key: str) -> None:
    """Forget the login for RELAY. Mail that it then refuses waits in the queue."""
    from stack.config import relay_logins

    project.require()
    with project.lock():
        known = relay_logins.load(project)
        if known.pop(key, None) is None:
            raise StackError(f"there is no login for {key}: see `stack relay list`")
        relay_logins.save(project, known)
    say(f"Forgot the login for {key}.")


@relay.command("list")
@as_json
@click.pass_obj
def list_(project: Project, json_: bool) -> None:
    """Print each relay and each login, never a password."""
    from stack.config import envfile, relay_logins

    project.require()
    relays = envfile.load(project.env).relays
    known = relay_logins.load(project)
    names = {key: login.name for key, login in known.items()}
    used = {key: relay_logins.is_used(key, relays) for key in names}
    used |= dict.fromkeys(map(str, relays.values()), True)
    if json_:
        show([{"for": k, "login": names.get(k), "used": used[k]} for k in sorted(used)])
    else:
        table([_row(key, names.get(key), used[key]) for key in sorted(used)])


def warn_of_unused(project: Project) -> None:
    """Tell which logins are for relays that .env doesn't name."""
    from stack.config import envfile, relay_logins

    relays = envfile.load(project.env).relays
    unused = [
        key
        for key in relay_logins.load(project)
        if not relay_logins.is_used(key, relays)
    ]
    if unused:
        _warn(unused, list(map(str, relays.values())))


def _row(key: str, name: str | None, is_used: bool) -> tuple[str, str, str]:
    remark = "" if is_used else "not used"
    return key, name or "(no login)", remark


def _warn(unused: list[str], relays: list[str]) -> None:
    there = ", ".join(sorted(set(relays))) or "none"
    for key in unused:
        say(
            f"Warning: the login for {key} is not used (relays in .env:"
            f" {there}). To remove it: `stack relay logout {key}`."
        )
