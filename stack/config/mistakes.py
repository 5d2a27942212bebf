"""What is wrong in .env, in words that say what to do."""

import difflib
from collections.abc import Iterator

from pydantic import ValidationError

from stack.config.settings import Settings

# The keys without a default: the option of `stack init` for it, and an example.
REQUIRED = {
    "MAIL_DOMAIN": ("--domain", "example.org"),
    "MAIL_HOSTNAME": ("--hostname", "mail.example.org"),
}

# What people write who come from elsewhere, by a word in the key.
LOGINS = (
    "no password belongs into .env: `stack relay login` keeps the login to a relay,"
    " `stack user passwd` a user's"
)
HINTS = {
    **dict.fromkeys(("PASS", "SECRET", "TOKEN", "USERNAME", "CREDENTIAL"), LOGINS),
    "TZ": "all times in the logs are UTC",
    "TIMEZONE": "all times in the logs are UTC",
}


def mistakes(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Tell each key that is wrong, and what is wrong with it."""
    for found in error.errors():
        key = str(found["loc"][0]).upper()
        yield key, _words(key, found["type"], found["msg"])


def _words(key: str, kind: str, message: str) -> str:
    if kind == "missing":
        option, value = REQUIRED[key]
        return (
            f"is missing: write {key}={value} into .env, with your own name, or run"
            f" `stack init {option} {value}`"
        )
    if kind == "extra_forbidden":
        if hint := next((h for word, h in HINTS.items() if word in key), ""):
            return f"is not a setting: {hint}"
        keys = [name.upper() for name in Settings.model_fields]
        near = difflib.get_close_matches(key, keys, n=1)
        hint = f"did you mean {near[0]}?" if near else "see docs/settings.md"
        return f"is not a setting: {hint}"
    return message.removeprefix("Value error, ")
