"""`stack reports`: what other servers report on our mail."""

from stack.cli.reports.show import reports

__all__ = ["reports"]
