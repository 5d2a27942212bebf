"""Errors for the operator: what is wrong, where, and what to do."""

import click


class StackError(click.ClickException):
    """
    An error that is shown with one line for each of *problems*, without a traceback.

    Exit code 1: a check failed, or a request can't be met.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def format_message(self) -> str:
        """Return one line for each problem; click puts "Error: " before the first."""
        return "\nError: ".join(self.problems)


class UnableError(StackError):
    """The environment lacks something: a permission, a file, room on the disk."""

    exit_code = 3


class InvalidError(StackError):
    """The configuration is wrong: `.env`, or a template under `config/`."""

    exit_code = 4
