"""Types of arguments: each checks a value and returns the form that is stored."""

import click

from stack.system.errors import StackError


def domain(value: str) -> str:
    """Take a domain name."""
    return _checked("domain", value)


def certified_host(value: str) -> str:
    """Take a host name, or *.DOMAIN for all right below it."""
    return f"*.{domain(value[2:])}" if value.startswith("*.") else domain(value)


def user(value: str) -> str:
    """Take the address of a mailbox of ours."""
    return _checked("user", value)


def source(value: str) -> str:
    """Take the source of an alias."""
    return _checked("source", value)


def address_or_domain(value: str) -> str:
    """Take an address, or @DOMAIN for all of a domain."""
    return _checked("address_or_domain", value)


def login(value: str) -> str:
    """Take a user's address, or what stands before the @ of MAIL_DOMAIN in it."""
    if "@" in value:
        return user(value)
    return user(f"{value}@mail-domain.invalid").partition("@")[0]


def name_server(value: str) -> tuple[str, int]:
    """Take the address of a name server, with #PORT if that is not 53."""
    from ipaddress import ip_address

    address, mark, port = value.partition("#")
    try:
        found = str(ip_address(address)), int(port) if mark else 53
        if not 0 < found[1] < 65536:
            raise ValueError
    except ValueError:
        raise click.BadParameter(
            f"{value!r} must be an IP address like 192.0.2.53, or with #PORT"
        ) from None
    return found


resolvers = click.option(
    "--resolver",
    "resolvers",
    metavar="ADDRESS[#PORT]",
    type=name_server,
    multiple=True,
    help="Ask this resolver instead of the machine's. May be given several times.",
)


def relay(value: str) -> str:
    """Take a relay as in .env, always with its port; or @ and a sender's domain."""
    from stack.config.types.sending.relays import Relay

    if value.startswith("@"):
        return "@" + domain(value[1:])
    if not value:
        raise click.BadParameter("must be a relay as in .env, or @DOMAIN")
    try:
        return str(Relay.of(value))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} {error}") from None


def _checked(kind: str, value: str) -> str:
    from stack.accounts import addresses

    try:
        return str(getattr(addresses, kind)(value))
    except StackError as error:
        raise click.BadParameter(str(error)) from None
