"""srs.conf, lines of `key = value`, and the file of secrets."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from milter_runtime.config_file import ConfigError, Kind, read, settings

SECRETS = Path("/secrets/secrets")
"""`stack init` makes it. A line is a secret: the first one signs, all verify."""

SHORTEST_SECRET = 32
"""Characters."""


@dataclass(frozen=True)
class Config:
    """srs.conf, checked. Every key must be there, no other may be."""

    domain: str
    """The domain of the addresses that take the place of senders."""

    max_age: int
    """Days for which such an address takes bounces."""


def _domain(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+", text):
        raise ValueError
    return text


def _days(text: str) -> int:
    value = int(text)
    # The day of an address has two digits, for 1024 days.
    if not 1 <= value <= 365:
        raise ValueError
    return value


_KINDS = {
    "domain": Kind(_domain, "a domain in lower-case ASCII"),
    "max_age": Kind(_days, "a number of days, from 1 to 365"),
}


def load(path: Path) -> Config:
    """
    Read the file *path*.

    Raises:
        ConfigError: When it can't be read, or holds what it should not.
    """
    # _KINDS converts each value to the type of its field.
    found = settings(read(path, "utf-8"), str(path), _KINDS)
    return Config(**cast("dict[str, Any]", found))


def load_secrets(path: Path) -> list[bytes]:
    """
    Read the secrets in *path*; there is at least one.

    Raises:
        ConfigError: When there is none, it can't be read, or one is too short.
    """
    try:
        text = read(path)
    except ConfigError as error:
        remedy = "`stack init` makes it, and mends its rights"
        raise ConfigError(path, None, f"{remedy}: {error}") from None
    lines = enumerate(text.splitlines(), 1)
    found = [(number, line.strip()) for number, line in lines if line.strip()]
    for number, secret in found:
        if len(secret) < SHORTEST_SECRET:
            raise ConfigError(
                path,
                number,
                f"a secret has at least {SHORTEST_SECRET} characters;"
                " `openssl rand -hex 32` makes one",
            )
    if not found:
        raise ConfigError(path, None, "there is no secret; `stack init` makes one")
    return [secret.encode() for _, secret in found]
