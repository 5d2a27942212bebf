"""Reads files in dkimpy-milter's format, and says where something is wrong."""

from pathlib import Path
from typing import NamedTuple


class ConfigError(Exception):
    """What is wrong with a configuration, with the file and the line."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {problem}")


class Row(NamedTuple):
    """A line that says something: its number in the file and its words."""

    line: int
    words: list[str]


def rows(path: Path) -> list[Row]:
    """
    Return the lines of *path* that are neither empty nor comment.

    Raises:
        ConfigError: The file is missing, unreadable or not text.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(path, None, error.strerror or str(error)) from None
    try:
        lines = text.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, line, "not plain ASCII") from None
    split = (Row(n, line.split("#")[0].split()) for n, line in enumerate(lines, 1))
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
