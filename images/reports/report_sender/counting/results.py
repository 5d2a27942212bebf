"""What is counted: a result, its group, and the JSON that both are kept as."""

import json
from typing import Any, NamedTuple

SECONDS_A_DAY = 86_400

# Octets. Longer ones are made up: nobody's server has such a name.
LONGEST_DOMAIN = 253


class Group(NamedTuple):
    """What goes into one report."""

    kind: str
    """dmarc or tls."""
    domain: str
    """The domain that the report is about."""
    policy: str
    """What the domain published, with whom it wants reports sent to, as JSON."""


class Result(NamedTuple):
    """What was found out about one message or session: equal ones are counted."""

    group: Group
    row: str
    """JSON: rows of the same content are the same text."""


class RowError(ValueError):
    """A row is not what it should be."""


def as_json(value: object) -> str:
    """Return *value* as the one text that stands for it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def parsed(datagram: bytes) -> dict[str, Any]:
    """Return the JSON object in *datagram*; raises RowError."""
    try:
        found = json.loads(datagram)
    except (ValueError, RecursionError) as error:
        raise RowError(f"no JSON: {error}") from None
    if not isinstance(found, dict):
        raise RowError("no JSON object")
    return found


def word(found: dict[str, Any], name: str, *allowed: str | None) -> str | None:
    """Return what *found* has as *name*; raises RowError if that is not *allowed*."""
    value = found.get(name)
    if value not in allowed:
        raise RowError(f"{name} is {str(value)[:99]!r}")
    return None if value is None else str(value)


def text(found: dict[str, Any], name: str, longest: int = LONGEST_DOMAIN) -> str:
    """Return the printable text that *found* has as *name*; raises RowError."""
    return printable(found.get(name), name, longest)


def printable(value: object, name: str, longest: int = LONGEST_DOMAIN) -> str:
    """Return *value* if it is plain ASCII text of at most *longest* characters."""
    if not (isinstance(value, str) and len(value) <= longest):
        raise RowError(f"{name} is {str(value)[:99]!r}")
    if not (value.isascii() and (value.isprintable() or not value)):
        raise RowError(f"{name} is {value[:99]!r}")
    return value


def texts(value: object, name: str, most: int, longest: int = 4096) -> list[str]:
    """Return the list of at most *most* texts that *value* is; raises RowError."""
    if not (isinstance(value, list) and len(value) <= most):
        raise RowError(f"{name} is {str(value)[:99]!r}")
    return [printable(each, name, longest) for each in value]
