"""Reads or makes a password. No argument holds one: other users could see it."""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from stack.cli.support import terminal
from stack.system.errors import StackError


class Password(NamedTuple):
    """The hash to store, and the password itself where nobody knows it yet."""

    hashed: str
    untold: str | None = None


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* the options that say where its password comes from."""
    generate = click.option("--generate", is_flag=True, help="Make one and print it.")
    stdin = click.option("--password-stdin", is_flag=True, help="Read it from stdin.")
    return stdin(generate(command))


def new(*, from_stdin: bool, generate: bool) -> Password:
    """
    Read a password from stdin or a prompt, or make one, and hash it.

    Raises:
        StackError: When it is too short, or can't be typed everywhere.
    """
    from stack.accounts.store import passwords

    if from_stdin and generate:
        raise click.UsageError("--password-stdin and --generate exclude each other")
    if generate:
        made = passwords.generate()
        return Password(passwords.hashed(made), made)
    return Password(
        passwords.hashed(
            _read() if from_stdin else _ask("--password-stdin or --generate")
        )
    )


def foreign(*, from_stdin: bool, option: str = "--password-stdin") -> str:
    """
    Take a password of another server from stdin or from whom we ask, as it is.

    *option* is what says to read it from stdin.
    """
    return _read() if from_stdin else _ask(option)


def tell(password: Password) -> None:
    """Print a password that was made here; it is shown only once."""
    if password.untold:
        click.echo(password.untold)


def _read() -> str:
    try:
        return sys.stdin.buffer.read().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise StackError(
            "the password on stdin is not UTF-8: send it as such"
        ) from None


def _ask(otherwise: str) -> str:
    if not terminal.is_attended():
        raise click.UsageError(f"no terminal to ask for the password: use {otherwise}")
    answer = click.prompt(
        "Password", hide_input=True, confirmation_prompt=True, err=True
    )
    return str(answer)
