"""Whether somebody can answer a question."""

import sys


def is_attended() -> bool:
    """Say whether a question would be answered, or hang a script."""
    return sys.stdin.isatty()
