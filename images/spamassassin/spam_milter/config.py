"""spam-milter.conf: the configuration of the milter, lines of `key = value`."""

import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from milter_runtime.config_file import ConfigError, Kind, one_of, read, settings


@dataclass(frozen=True)
class Config:
    """spam-milter.conf, checked. Every key must be there, no other may be."""

    reject_score: float
    """From this score on a message is refused."""

    contact: str
    """The address a refusal names, for those whose mail was no spam."""

    timeout_action: str
    """What happens to a message whose scan reaches time_limit: `wait` or `mark`."""

    start_timeout: float
    """Seconds that spamd may take to read its rules."""

    answer_timeout: float
    """Seconds that spamd may take for a message before its child counts as hanging."""

    queue_timeout: float
    """Seconds that a message waits for a free child of spamd."""

    scan_limit: int
    """Bytes of a message that are scanned; the rest is not."""

    learning: str
    """Whom Bayes learns for: all users together, `site`, or also each alone, `user`."""

    log_level: str
    """`info`: a line for each message. `debug`: also spamd's lines."""


def number(text: str) -> float:
    """Return the finite number that *text* is."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def positive(text: str) -> int:
    """Return the whole number above 0 that *text* is."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def address(text: str) -> str:
    """Return *text* if it is a plain mail address."""
    # It goes into an SMTP reply, in which libmilter gives % a meaning.
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", text):
        raise ValueError
    return text


KINDS = {
    "reject_score": Kind(number, "a number"),
    "contact": Kind(address, "a mail address"),
    "timeout_action": one_of("wait", "mark"),
    "start_timeout": Kind(positive, "a whole number of seconds above 0"),
    "answer_timeout": Kind(positive, "a whole number of seconds above 0"),
    "queue_timeout": Kind(positive, "a whole number of seconds above 0"),
    "scan_limit": Kind(positive, "a whole number of bytes above 0"),
    "learning": one_of("site", "user"),
    "log_level": one_of("info", "debug"),
}


def parse(text: str, name: str) -> Config:
    """
    Read the *text* of the file *name*.

    Raises:
        ConfigError: With everything that is wrong, not just the first thing.
    """
    # KINDS converts each value to the type of its field.
    return Config(**cast("dict[str, Any]", settings(text, name, KINDS)))


def load(path: Path) -> Config:
    """
    Read the file *path*.

    Raises:
        ConfigError: When it can't be read, or holds what it should not.
    """
    return parse(read(path, "utf-8"), str(path))


if __name__ == "__main__":
    try:
        load(Path(sys.argv[1]))
    except ConfigError as error:
        sys.exit(str(error))
