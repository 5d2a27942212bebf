"""The errors in .env, each with what to write instead."""

import difflib
from collections.abc import Iterator

from pydantic import ValidationError

from stack.config.settings import Settings

# The keys without a default: the option of `stack init` for it, and an example.
REQUIRED = {
    "MAIL_DOMAIN": ("--domain", "example.org"),
    "MAIL_HOSTNAME": ("--hostname", "mail.example.org"),
}

# What to say of keys that other mail servers have, by a word in the key.
LOGINS = (
    "no password belongs in .env: `stack relay login` keeps the login to a relay,"
    " `stack user passwd` sets a user's password"
)
HINTS = {
    **dict.fromkeys(("PASS", "SECRET", "TOKEN", "USERNAME", "CREDENTIAL"), LOGINS),
    "TZ": "all times in the logs are UTC",
    "TIMEZONE": "all times in the logs are UTC",
}

# Old names of settings, each with its present name.
RENAMED = {
    "ACME_DNS_WAIT": "ACME_DNS_PROPAGATION_SECONDS",
    "CLIENT_EXCEPTIONS": "POSTSCREEN_ALLOWLIST",
}


def mistakes(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield each key that is wrong, in capitals, and what is wrong with it."""
    for found in error.errors():
        key = str(found["loc"][0]).upper()
        if found["type"] == "extra_forbidden":
            yield key, _unknown(key, found["input"])
        elif found["type"] == "missing":
            yield key, _missing(key)
        else:
            yield key, found["msg"].removeprefix("Value error, ")


def _missing(key: str) -> str:
    option, value = REQUIRED[key]
    return (
        f"is missing: write {key}={value} into .env, with your own name, or run"
        f" `stack init {option} {value}`"
    )


def _unknown(key: str, value: object) -> str:
    if new := RENAMED.get(key):
        return f"is called {new} now: write {new}={value}"
    if hint := next((h for word, h in HINTS.items() if word in key), ""):
        return f"is not a setting: {hint}"
    keys = [name.upper() for name in Settings.model_fields]
    near = difflib.get_close_matches(key, keys, n=1)
    hint = f"did you mean {near[0]}?" if near else "see docs/settings.md"
    return f"is not a setting: {hint}"
