"""What the milter is told by spam-milter.conf: lines of `key = value`."""

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
    """What becomes of a message whose scan reaches time_limit: `wait` or `mark`."""

    start_timeout: float
    """Seconds that spamd may take to read its rules."""

    answer_timeout: float
    """Seconds that spamd may take for a message before a child is taken to hang."""

    queue_timeout: float
    """Seconds that a message waits for a child of spamd to be free."""

    scan_limit: int
    """Bytes of a message that are scanned; what follows is not."""

    learning: str
    """Whom Bayes learns for: all together, `site`, or also each by himself, `user`."""

    log_level: str
    """`info`: a line for each message. `debug`: also what spamd tells of each."""


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
    # Of the types that the fields have, which is for KINDS to see to.
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
