"""Names in the DNS, and mail addresses."""

from typing import Annotated

from pydantic import BeforeValidator

from stack.accounts import addresses
from stack.config.types.text import items, parsed, read_by
from stack.system.errors import StackError


def name(text: str) -> str:
    """
    Return the domain name *text* in lower case.

    Raises:
        ValueError: If it is not a domain name with a dot, or not in ASCII.
    """
    try:
        found = addresses.domain(text)
    except StackError:
        raise ValueError("must be a domain name like mail.example.org") from None
    if found != text.lower():
        raise ValueError(f"must be in ASCII, as the DNS has it: {found}")
    return found


def _domains(text: str) -> tuple[str, ...]:
    names = [name(item) for item in items(text)]
    if twice := next((each for each in names if names.count(each) > 1), None):
        raise ValueError(f"must name each domain once: {twice} is there twice")
    return tuple(names)


def _channels(text: str) -> tuple[str, ...]:
    try:
        return tuple(name(item) for item in items(text))
    except ValueError:
        raise ValueError("must be names like kam.sa-channels.mcgrail.com") from None


def _email(text: str) -> str:
    try:
        return addresses.target(text) if text else ""
    except StackError:
        raise ValueError(text) from None


Name = Annotated[str, BeforeValidator(lambda value: name(str(value)))]
Domains = Annotated[tuple[str, ...], read_by(_domains)]
Channels = Annotated[tuple[str, ...], read_by(_channels)]
Email = Annotated[str, parsed(_email, "an address like you@example.org")]
