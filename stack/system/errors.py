"""The errors that a person reads: what is wrong, where, and what to do."""

import click


class StackError(click.ClickException):
    """
    A refusal, told in one line for each *problem*, without a stack trace.

    Exit code 1: a check failed, or what was asked for can't be had.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def format_message(self) -> str:
        """Give each problem a line of its own, as click begins the first."""
        return "\nError: ".join(self.problems)


class UnableError(StackError):
    """The environment lacks something: a permission, a file, room on the disk."""

    exit_code = 3


class InvalidError(StackError):
    """The configuration is wrong: `.env`, or a template under `config/`."""

    exit_code = 4
