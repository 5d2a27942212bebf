"""What the milter is told by spam-milter.conf: lines of `key = value`."""

import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """All that is wrong with a file, one `file:line: what` to a line."""


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


def one_of(*words: str) -> Callable[[str], str]:
    """Return a function that returns a text if it is one of *words*."""

    def check(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return check


KINDS: dict[str, tuple[Callable[[str], object], str]] = {
    "reject_score": (number, "a number"),
    "contact": (address, "a mail address"),
    "timeout_action": (one_of("wait", "mark"), "wait or mark"),
    "start_timeout": (positive, "a whole number of seconds above 0"),
    "answer_timeout": (positive, "a whole number of seconds above 0"),
    "queue_timeout": (positive, "a whole number of seconds above 0"),
    "scan_limit": (positive, "a whole number of bytes above 0"),
    "learning": (one_of("site", "user"), "site or user"),
    "log_level": (one_of("info", "debug"), "info or debug"),
}


def parse(text: str, name: str) -> Config:
    """
    Read the *text* of the file *name*. Empty lines and lines after # say nothing.

    Raises:
        ConfigError: With everything that is wrong, not just the first thing.
    """
    # Of the types that the fields have, which is for KINDS to see to.
    values: dict[str, Any] = {}
    problems = []
    for count, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if problem := fault(key, equals, value, values):
            problems.append(f"{name}:{count}: {problem}")
        else:
            values[key] = KINDS[key][0](value)
    if not problems:
        missing = [f.name for f in fields(Config) if f.name not in values]
        problems = [f"{name}: {key} is missing" for key in missing]
    if problems:
        raise ConfigError("\n".join(problems))
    return Config(**values)


def fault(key: str, equals: str, value: str, known: dict[str, object]) -> str | None:
    """Return what is wrong with the line `key = value`, if anything is."""
    if not equals:
        return f"'{key}' is not of the form key = value"
    if key not in KINDS:
        return f"'{key}' is not a setting"
    if key in known:
        return f"{key} is set a second time"
    convert, kind = KINDS[key]
    try:
        convert(value)
    except ValueError:
        return f"{key} is '{value}', but must be {kind}"
    return None


def load(path: Path) -> Config:
    """
    Read the file *path*.

    Raises:
        ConfigError: When it can't be read, or holds what it should not.
    """
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


if __name__ == "__main__":
    try:
        load(Path(sys.argv[1]))
    except ConfigError as error:
        sys.exit(str(error))
