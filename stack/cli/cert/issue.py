"""`stack cert issue`: a certificate from an authority."""

import re
from typing import TYPE_CHECKING

import click

from stack.cli.cert.options import (
    RunsInCerts,
    deployer,
    despite_tlsa,
    require_proof,
    start_certs,
    timeout,
)
from stack.cli.support import arguments, password, terminal
from stack.system.errors import StackError, UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.config.settings import Settings
    from stack.renewal.acme.certbot import ExternalAccount

# Base64url (RFC 8555 §7.3.4), and the characters of key identifiers.
WORD = re.compile(r"[A-Za-z0-9+/=_.-]+")


@click.command(cls=RunsInCerts)
@click.argument("hosts", metavar="[HOST]...", type=arguments.certified_host, nargs=-1)
@click.option(
    "--rsa", is_flag=True, help="Also get an RSA certificate, for old clients."
)
@click.option(
    "--web", is_flag=True, help="For the names of the service web instead of HOST."
)
@click.option("--agree-tos", is_flag=True, help="Agree to the authority's terms.")
@click.option("--eab-kid", help="The key identifier that your authority gave you.")
@click.option(
    "--eab-hmac-stdin", is_flag=True, help="Read the key to --eab-kid from stdin."
)
@click.option("--force", is_flag=True, help="Issue one although none is due.")
@click.option(
    "--dry-run", is_flag=True, help="Only try it; with Let's Encrypt, on staging."
)
@despite_tlsa
@timeout
@click.pass_obj
def issue(
    project: Project,
    hosts: tuple[str, ...],
    rsa: bool,
    web: bool,
    agree_tos: bool,
    eab_kid: str | None,
    eab_hmac_stdin: bool,
    force: bool,
    dry_run: bool,
    despite_tlsa: bool,
    seconds: float,
) -> None:
    """
    Get one certificate for all of HOST, serve it, and renew it from now on.

    Without HOST it is for MAIL_HOSTNAME. Clients that ask for another HOST by SNI get
    its certificate. ACME_DIRECTORY in .env names the authority, and ACME_CHALLENGE how
    it validates the names.

    With --web (and WEB=yes), get one for each name that the service web answers for. If
    one fails, the others are issued all the same.
    """
    from stack.renewal import requests
    from stack.renewal.acme import issuance
    from stack.renewal.acme.issuance import IssueOptions

    deploying = deployer(project, seconds)
    settings = deploying.settings
    account = _account(eab_kid, from_stdin=eab_hmac_stdin)
    _agree(project, settings, agreed=agree_tos)
    wanted = _web_hosts(project, hosts) if web else [hosts or (settings.mail_hostname,)]
    options = IssueOptions(force=force, despite_tlsa=despite_tlsa, account=account)
    problems: list[str] = []
    for each in wanted:
        request = requests.for_hosts(each, rsa=rsa)
        try:
            if dry_run:
                issuance.dry_run(deploying, request, account)
            else:
                problems += issuance.issue(deploying, request, options)
        except (StackError, OSError) as error:
            # Each name of the service web has a certificate of its own.
            if not web:
                raise
            problems += getattr(error, "problems", (str(error),))
    if not dry_run:
        start_certs(project)
    require_proof(problems)


def _web_hosts(project: Project, hosts: tuple[str, ...]) -> list[tuple[str, ...]]:
    from stack.services.web import sites

    if hosts:
        raise click.UsageError("--web takes no HOST: it is for all names of the web")
    found = sites.hosts(project)
    if not found:
        raise UnableError(
            "the service web answers for no name: set WEB=yes in .env, then run `docker"
            " compose run --rm stack` and `docker compose up --detach --wait`"
        )
    return [(host,) for host in found]


def _account(kid: str | None, *, from_stdin: bool) -> "ExternalAccount | None":
    from stack.renewal.acme.certbot import ExternalAccount

    if not kid:
        if from_stdin:
            raise click.UsageError("--eab-hmac-stdin needs --eab-kid")
        return None
    secret = password.foreign(from_stdin=from_stdin, option="--eab-hmac-stdin")
    if not (WORD.fullmatch(kid) and WORD.fullmatch(secret)):
        raise click.UsageError(
            "the key and its identifier must be as the authority gave them: letters,"
            " digits and + / = - _ . only"
        )
    return ExternalAccount(kid, secret)


def _agree(project: Project, settings: "Settings", *, agreed: bool) -> None:
    """Ask the operator to agree to the terms, once for each authority."""
    from stack.certs.validation import trust
    from stack.renewal.acme import directory, lineages

    url = settings.acme_directory
    if agreed or lineages.has_account(project.acme, url):
        return
    terms = directory.read(url, trust.file(project)).terms
    if not terms:
        return
    if not terminal.is_attended():
        raise click.UsageError(f"give --agree-tos if you agree to {terms}")
    if not click.confirm(f"Do you agree to {terms}?", err=True):
        raise click.Abort
