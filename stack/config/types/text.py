"""Settings that are one of a few words, and helpers for the other types."""

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainValidator


def items(text: str) -> list[str]:
    """Return the items of *text*, which commas separate, without empty ones."""
    return [item for item in text.split(",") if item]


def read_by(parse: Callable[[str], object]) -> PlainValidator:
    """Parse a value of .env with *parse*; a default, which is parsed already, stays."""

    def check(value: object) -> object:
        return parse(value) if isinstance(value, str) else value

    return PlainValidator(check)


def parsed(kind: Callable[[str], object], wanted: str) -> BeforeValidator:
    """Accept what *kind* accepts; the error for all else says *wanted*."""

    def check(value: object) -> object:
        try:
            return kind(str(value))
        except ValueError:
            raise ValueError(f"must be {wanted}") from None

    return BeforeValidator(check)


def one_of(*words: str) -> BeforeValidator:
    """Accept exactly one of *words*."""

    def check(value: object) -> object:
        if value not in words:
            raise ValueError(f"must be {', '.join(words[:-1])} or {words[-1]}")
        return value

    return BeforeValidator(check)


def _yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value not in {"yes", "no"}:
        raise ValueError("must be yes or no")
    return value == "yes"


def _folder(text: str) -> str:
    if text and not re.fullmatch(r"/[A-Za-z0-9._/@,+-]*", text):
        raise ValueError(text)
    return text


YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]
DMARCPolicy = Annotated[
    Literal["off", "mark", "refuse"], one_of("off", "mark", "refuse")
]
Level = Annotated[Literal["info", "debug"], one_of("info", "debug")]
PolicyMode = Annotated[
    Literal["none", "testing", "enforce"], one_of("none", "testing", "enforce")
]
TimeoutAction = Annotated[Literal["wait", "mark"], one_of("wait", "mark")]
Learning = Annotated[Literal["site", "user"], one_of("site", "user")]
Folder = Annotated[str, parsed(_folder, "a folder by its whole path, like /srv/certs")]
