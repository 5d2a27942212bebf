"""
Reads the configuration files of the milters, and says where something is wrong.

Both kinds have a statement on each line. dkimpy-milter.conf(5) and its tables are words
with blanks between, and `#` begins a comment anywhere. Files of our own are lines of
`key = value`, and a comment has a line for itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class ConfigError(Exception):
    """All that is wrong with a configuration, one `file:line: problem` to a line."""

    def __init__(
        self,
        path: Path | str,
        line: int | None,
        problem: str,
        others: Iterable["ConfigError"] = (),
    ) -> None:
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__("\n".join([f"{where}: {problem}", *map(str, others)]))


class Row(NamedTuple):
    """A line that is neither empty nor comment: its number and its words."""

    line: int
    words: list[str]


class Kind(NamedTuple):
    """What a key may be set to."""

    convert: Callable[[str], object]
    """From the text to the value; raises ValueError where that is not allowed."""

    description: str
    """What follows `but must be` in the error."""


def read(path: Path, encoding: str = "ascii") -> str:
    """
    Return the text of *path*.

    Raises:
        ConfigError: The file is missing, unreadable, or not in this *encoding*.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise ConfigError(path, None, error.strerror or str(error)) from None
    try:
        return octets.decode(encoding)
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        name = "plain ASCII" if encoding == "ascii" else encoding.upper()
        raise ConfigError(path, line, f"not {name}") from None


def rows(path: Path) -> list[Row]:
    """
    Return the rows of *path*, a table or another file of words.

    Raises:
        ConfigError: The file is missing, unreadable or not plain ASCII.
    """
    lines = enumerate(read(path).splitlines(), 1)
    split = (Row(number, line.split("#")[0].split()) for number, line in lines)
    return [row for row in split if row.words]


def options(path: Path, known: frozenset[str]) -> dict[str, tuple[str, int]]:
    """
    Return name → (value, line) of a dkimpy-milter.conf(5).

    Raises:
        ConfigError: An option is unknown (dkimpy-milter would ignore it), is given
            twice, or has no value or several.
    """
    found: dict[str, tuple[str, int]] = {}
    for line, (name, *values) in rows(path):
        if name not in known:
            raise ConfigError(path, line, f"unknown option {name}")
        if name in found:
            raise ConfigError(path, line, f"{name} is already set")
        if len(values) != 1:
            raise ConfigError(path, line, f"{name} takes one value, not {len(values)}")
        found[name] = (values[0], line)
    return found


def settings(text: str, name: str, kinds: Mapping[str, Kind]) -> dict[str, object]:
    """
    Return key → value of the *text* of the file *name*, lines of `key = value`.

    Each key of *kinds* must be there once, and no other.

    Raises:
        ConfigError: With everything that is wrong, not just the first thing.
    """
    values: dict[str, object] = {}
    faults: list[tuple[int | None, str]] = []
    for line, statement in _statements(text):
        key, equals, value = (part.strip() for part in statement.partition("="))
        if problem := _problem(key, equals, value, values, kinds):
            faults.append((line, problem))
        else:
            values[key] = kinds[key].convert(value)
    if not faults:
        faults = [(None, f"{key} is missing") for key in kinds if key not in values]
    if faults:
        first, *others = faults
        raise ConfigError(name, *first, [ConfigError(name, *each) for each in others])
    return values


def _statements(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def _problem(
    key: str,
    equals: str,
    value: str,
    values: Mapping[str, object],
    kinds: Mapping[str, Kind],
) -> str | None:
    """Return what is wrong with the line `key = value`, if anything is."""
    if not equals:
        return f"'{key}' is not of the form key = value"
    if key not in kinds:
        return f"'{key}' is not a setting"
    if key in values:
        return f"{key} is set a second time"
    try:
        kinds[key].convert(value)
    except ValueError:
        return f"{key} is '{value}', but must be {kinds[key].description}"
    return None


def one_of(*words: str) -> Kind:
    """Return the kind of a key that may be set to one of *words*."""

    def convert(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return Kind(convert, " or ".join(words))
