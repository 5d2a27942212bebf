"""`stack cert import`, `self-signed`, `remove`: certificates without an authority."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stack.cli.cert.options import (
    deployer,
    despite_tlsa,
    require_proof,
    start_certs,
    timeout,
)
from stack.cli.support import arguments
from stack.cli.support.output import say
from stack.system.errors import StackError, UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.renewal.state.state_file import Source


@click.command("import")
@click.argument(
    "sources", metavar="[FILE]...", type=click.Path(path_type=Path), nargs=-1
)
@click.option(
    "--name",
    type=arguments.domain,
    help="The host that it is for.  [default: MAIL_HOSTNAME]",
)
@despite_tlsa
@timeout
@click.pass_obj
def import_(
    project: Project,
    sources: tuple[Path, ...],
    name: str | None,
    despite_tlsa: bool,
    seconds: float,
) -> None:
    """
    Import a certificate that another program obtained, in PEM.

    The private key, the certificate and the intermediate certificates may be in one
    FILE or in several. Without FILE they are taken from IMPORT_FOLDER (.env), where
    Traefik, Caddy or another certbot keeps them. From then on the service certs
    imports each renewal from there.
    """
    from stack.certs.validation import acceptance, trust
    from stack.renewal import imports

    project.require()
    deploying = deployer(project, seconds)
    host = name or deploying.settings.mail_hostname
    if sources:
        text = "\n".join(map(_text, sources))
        now, trusted = datetime.now(UTC), trust.authorities(project)
        bundle = acceptance.accept(text, host, now, trusted)
    else:
        bundle = imports.from_folder(project, deploying.settings, host)
    if not despite_tlsa:
        imports.refuse_tlsa_mismatch(deploying, host, bundle)
    source: Source = "operator" if sources else "folder"
    unproven = imports.install(deploying, host, bundle, source)
    if not sources:
        start_certs(project)
        say("Followed by the service certs: `docker compose up --detach` starts it.")
    require_proof(unproven)


@click.command("self-signed")
@click.argument("hosts", metavar="[HOST]...", type=arguments.domain, nargs=-1)
@despite_tlsa
@timeout
@click.pass_obj
def self_signed(
    project: Project, hosts: tuple[str, ...], despite_tlsa: bool, seconds: float
) -> None:
    """
    Make a self-signed certificate for HOST, or MAIL_HOSTNAME.

    Mail programs ask whether to trust it; other mail servers accept it.
    """
    from stack.certs import self_signed as making
    from stack.renewal import imports

    project.require()
    deploying = deployer(project, seconds)
    hosts = hosts or (deploying.settings.mail_hostname,)
    made = making.self_signed(hosts, datetime.now(UTC))
    if not despite_tlsa:
        imports.refuse_tlsa_mismatch(deploying, hosts[0], made)
    require_proof(imports.install(deploying, hosts[0], made, "operator"))


@click.command()
@click.argument("name", type=arguments.domain)
@timeout
@click.pass_obj
def remove(project: Project, name: str, seconds: float) -> None:
    """Remove the certificate NAME, and don't renew it any more."""
    from stack.renewal import imports

    project.require()
    deploying = deployer(project, seconds)
    if name == deploying.settings.mail_hostname:
        raise StackError(
            f"the certificate of MAIL_HOSTNAME, {name}, can't be removed, as clients"
            " without SNI get it: replace it with `stack cert issue`, `import` or"
            " `self-signed`"
        )
    require_proof(imports.remove(deploying, name))


def _text(path: Path) -> str:
    # A larger file is no certificate, and must not be read into memory.
    largest = 1 << 20
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        raise UnableError(
            f"{path}: {error.strerror}: name a file below the project directory, which"
            " containers see as well"
        ) from None
    if len(data) > largest:
        raise StackError(f"{path}: is larger than any certificate: name the PEM file")
    return data.decode(errors="replace")
