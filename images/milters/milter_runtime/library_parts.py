"""Checks that a library has the internal parts that we need, which may change."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import metadata
from types import FunctionType
from typing import NamedTuple


class LibraryError(Exception):
    """The parts that a library lacks, and what to do about it, in one line."""


class Part(NamedTuple):
    """An internal part of a library that we replace, override or call."""

    name: str
    """As pkgutil.resolve_name takes it: `module:object.attribute`."""

    takes: str = ""
    """The names of its parameters, with blanks between; empty if they do not matter."""

    uses: str = ""
    """Names and constants in its code through which it reaches our replacements."""


class Library(NamedTuple):
    """A library, and the internal parts that we depend on."""

    name: str
    version: str
    """The one that our code was written for."""

    needed_by: str
    """The file of ours that depends on the parts."""

    parts: tuple[Part, ...]


def require_parts(library: Library) -> None:
    """
    Check that each part of *library* is there, with its parameters and uses.

    Raises:
        LibraryError: With all that is wrong. Otherwise our replacement of a part that
            was renamed or moved would never be used, and nobody would notice.
    """
    faults = [fault for part in library.parts for fault in _faults(part)]
    if faults:
        raise LibraryError(
            f"not starting: {library.name} {_version(library.name)} is not as"
            f" {library.needed_by} needs it: {', '.join(faults)}; go back to the image"
            f" with {library.name} {library.version}, or adapt {library.needed_by}"
        )


def _faults(part: Part) -> Iterator[str]:
    module, _, path = part.name.partition(":")
    name = f"{module}.{path}"
    try:
        found: object = pkgutil.resolve_name(part.name)
    except (ImportError, AttributeError):
        yield f"{name} is missing"
        return
    if part.takes and (takes := _parameters(found)) != part.takes:
        yield f"{name} takes ({takes}), not ({part.takes})"
    if part.uses:
        yield from (f"{name} {fault}" for fault in _misuses(found, module, part.uses))


def _parameters(found: object) -> str:
    if not callable(found):
        return "nothing"
    try:
        return " ".join(inspect.signature(found).parameters)
    except ValueError:
        # It was rewritten in C.
        return "nobody knows what"


def _misuses(found: object, module: str, uses: str) -> Iterator[str]:
    # Some are wrapped by decorators of the library.
    function = inspect.unwrap(found) if callable(found) else found
    if not isinstance(function, FunctionType):
        yield "is no function"
        return
    # A function of another module doesn't see what we put into this one.
    if function.__module__ != module:
        yield f"is now in {function.__module__}"
    known = {*function.__code__.co_names, *function.__code__.co_consts}
    yield from (f"doesn't use {use}" for use in uses.split() if use not in known)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "of unknown version"
