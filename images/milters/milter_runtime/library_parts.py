"""Makes sure that a library is as we need it inside, where nothing is promised."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import metadata
from types import FunctionType
from typing import NamedTuple


class LibraryError(Exception):
    """What a library lacks, and what to do about it, in one line."""


class Part(NamedTuple):
    """Something inside of a library that we replace, override or call."""

    name: str
    """As pkgutil.resolve_name takes it: `module:object.attribute`."""

    takes: str = ""
    """The names of its parameters, with blanks between; empty: they do not matter."""

    uses: str = ""
    """The names and words in its own code by which it comes upon what is ours."""


class Library(NamedTuple):
    """A library, and the parts of it that we go by."""

    name: str
    version: str
    """The one that our code was written for."""

    needed_by: str
    """The file of ours that goes by the parts."""

    parts: tuple[Part, ...]


def require_parts(library: Library) -> None:
    """
    Return if each part of *library* is there, and is what we take it for.

    Raises:
        LibraryError: With all that is wrong. Without this, what we put in the place of
            a part that was renamed or moved would never be used, and nobody told.
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
        # Written in C, and so made anew.
        return "nobody knows what"


def _misuses(found: object, module: str, uses: str) -> Iterator[str]:
    # Decorators of the library's own stand before some.
    function = inspect.unwrap(found) if callable(found) else found
    if not isinstance(function, FunctionType):
        yield "is no function"
        return
    # What is imported from elsewhere doesn't see what we put into this module.
    if function.__module__ != module:
        yield f"is now in {function.__module__}"
    known = {*function.__code__.co_names, *function.__code__.co_consts}
    yield from (f"doesn't use {use}" for use in uses.split() if use not in known)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "of unknown version"
