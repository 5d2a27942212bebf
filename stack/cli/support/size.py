"""Sizes as people write them: 2G, 500M, none."""

import re

import click

UNITS = {"T": 40, "G": 30, "M": 20, "K": 10, "": 0}  # as powers of two


def size(value: str) -> int:
    """Take a number of bytes; `none` is 0, as None is an option that isn't given."""
    if value == "none":
        return 0
    match = re.fullmatch(r"([1-9][0-9]{0,5})([KMGT]?)", value.upper())
    if not match:
        raise click.BadParameter(f"{value!r}: write it like 2G, 500M or none")
    return int(match[1]) << UNITS[match[2]]


def readable(number: int | None) -> str:
    """Write *number*, in bytes, in the largest unit that it is a whole number of."""
    if not number:
        return "no quota"
    unit = next(unit for unit, power in UNITS.items() if number % (1 << power) == 0)
    return f"{number >> UNITS[unit]}{unit}"
