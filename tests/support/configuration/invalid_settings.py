"""Settings to try, and what is said about wrong ones."""

import pytest
from pydantic import ValidationError

from stack.config.mistakes import mistakes
from stack.config.settings import Settings

NAMES = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}


def complaint(**values: str) -> str:
    """Return the errors in *values*, one line for each key."""
    with pytest.raises(ValidationError) as caught:
        Settings(**NAMES | values)
    return "\n".join(f"{key} {reason}" for key, reason in mistakes(caught.value))
