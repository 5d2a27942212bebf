"""KeyTable, KeyTableEd25519, SigningTable: what is signed with which keys."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from milter_runtime.config_file import ConfigError, Row, rows

from mail_auth.dkim.private_keys import KeyFileError
from mail_auth.dns.domain_names import ancestry


class KeyRow(NamedTuple):
    """A row `name domain:selector:/path` of a key table, with its key read."""

    line: int
    domain: str
    selector: str
    key: str


def key_table(path: Path, read: Callable[[Path], str]) -> dict[str, KeyRow]:
    """
    Return name → row of the key table *path*, each key as *read* returns it.

    Raises:
        ConfigError: A row is malformed or repeated, or its key can't be used.
    """
    table: dict[str, KeyRow] = {}
    for row in rows(path):
        name, (domain, selector, file) = _key_row(path, row)
        if name in table:
            raise ConfigError(path, row.line, f"a second row for {name}")
        try:
            key = read(Path(file))
        except OSError as error:
            problem = f"key file {file}: {error.strerror}"
            raise ConfigError(path, row.line, problem) from None
        except KeyFileError as error:
            raise ConfigError(path, row.line, f"key file {file}: {error}") from None
        table[name] = KeyRow(row.line, domain, selector, key)
    return table


def _key_row(path: Path, row: Row) -> tuple[str, list[str]]:
    parts = row.words[-1].split(":")
    well_formed = len(row.words) == 2 and len(parts) == 3 and all(parts)
    if not well_formed or not parts[2].startswith("/"):
        raise ConfigError(path, row.line, "expected: name domain:selector:/path")
    if parts[0] != parts[0].lower():
        raise ConfigError(path, row.line, f"write {parts[0]} in lower case")
    return row.words[0], parts


def signing_table(path: Path, keys: dict[str, KeyRow]) -> dict[str, str]:
    """
    Return domain → name of its row in *keys*; `*.domain` stands for all below it.

    Raises:
        ConfigError: A row is neither `*@domain name` nor `*@*.domain name`, or the key
            is another domain's: d= has to be the domain in From:, or one above it
            (DMARC's strict and relaxed alignment).
    """
    table: dict[str, str] = {}
    for line, words in rows(path):
        if len(words) != 2 or not words[0].startswith("*@"):
            raise ConfigError(path, line, "expected: *@domain name")
        pattern, name = words[0][2:], words[1]
        if pattern in table:
            raise ConfigError(path, line, f"a second row for {pattern}")
        if name not in keys:
            raise ConfigError(path, line, f"no row {name} in KeyTable")
        if keys[name].domain != pattern.removeprefix("*."):
            owner = keys[name].domain
            raise ConfigError(path, line, f"{pattern} would be signed as {owner}")
        table[pattern] = name
    for name, key in keys.items():
        if name not in table.values():
            raise ConfigError(path, None, f"no row for {name} (KeyTable:{key.line})")
    return table


def key_name_for(table: dict[str, str], domain: str) -> str | None:
    """Return the name for *domain* in a signing *table*: its own, or a parent's."""
    _, *parents = ancestry(domain)
    patterns = [domain, *(f"*.{parent}" for parent in parents)]
    return next((table[each] for each in patterns if each in table), None)


def check_pairs(
    rsa: Path,
    rsa_keys: dict[str, KeyRow],
    ed: Path,
    ed_keys: dict[str, KeyRow],
) -> None:
    """
    Check that the two key tables go together: every domain has a key of each kind.

    Raises:
        ConfigError: A name is in one table only, or both rows have one selector.
    """
    for name, row in rsa_keys.items():
        if name not in ed_keys:
            raise ConfigError(rsa, row.line, f"no row {name} in {ed.name}")
        if ed_keys[name].domain != row.domain:
            raise ConfigError(ed, ed_keys[name].line, f"{name} is another domain here")
        if ed_keys[name].selector == row.selector:
            raise ConfigError(ed, ed_keys[name].line, f"{rsa.name} has this selector")
    for name, row in ed_keys.items():
        if name not in rsa_keys:
            raise ConfigError(ed, row.line, f"no row {name} in {rsa.name}")
