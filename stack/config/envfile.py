"""
Reads and changes .env, the operator's only file: the one loader of settings.

Compose reads the same file, and disagrees with python-dotenv on `$`, on
backslashes, on quotes within quotes and on keys without a value. A line on which
they might disagree is refused, so that the ports Compose opens are the ports
that the daemons are told of.
"""

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError

from stack.config.mistakes import REQUIRED, mistakes
from stack.config.settings import Settings
from stack.system.errors import InvalidError, UnableError

SAFE = r"A-Za-z0-9._:/@,+=*\[\]\-"

KEY = re.compile(r"(?:export[ \t]+)?(?P<key>[A-Z][A-Z0-9_]*)=(?P<rest>.*)")

# An inline comment only after a value: dotenv takes `KEY= # word` for a value.
VALUE = re.compile(
    rf"""[ \t]*|(?:[{SAFE}]+|"[{SAFE} ]*"|'[{SAFE} ]*')(?:[ \t]+\#.*|[ \t]*)"""
)

# What looks like a space, or like nothing.
UNSEEN = re.compile(r"[\xa0\xad\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")

# Compose's own, or for it alone (COMPOSE_PROJECT_NAME, COMPOSE_NETWORK_IPV6 …): not
# settings of ours.
FOREIGN = ("COMPOSE_", "DOCKER_")
PROFILES = "COMPOSE_PROFILES"


def load(path: Path) -> Settings:
    """
    Read the settings from the file *path*.

    Raises:
        UnableError: When there is no such file.
        InvalidError: With everything that is wrong in it.
    """
    text = read(path)
    if text is None:
        raise UnableError(f"{path}: is missing: run `stack init` to make it")
    return parse(text, path.name)


def read(path: Path) -> str | None:
    """
    Return the text of *path*, nothing if there is no such file.

    Raises:
        InvalidError: When it is not UTF-8.
    """
    try:
        # Windows puts a mark before UTF-8; Compose reads over it, too.
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise InvalidError(f"{path}: is not UTF-8 text: save it as such") from None


def parse(text: str, name: str = ".env") -> Settings:
    """
    Check *text*, the content of the file *name*, and return its settings.

    Raises:
        InvalidError: With everything that is wrong in it.
    """
    lines = text.split("\n")
    places, bad = _survey(lines)
    sound = [line for number, line in enumerate(lines, 1) if number not in bad]
    values = _values("\n".join(sound))
    problems = [f"{name} line {number}: {problem}" for number, problem in bad.items()]
    try:
        settings = Settings.model_validate({k.lower(): v for k, v in values.items()})
    except ValidationError as error:
        for key, reason in mistakes(error):
            if key in values:
                place = f"{name} line {places[key]}: {_shown(key, values[key])}"
                problems.append(f"{place} {reason}")
            elif places.get(key) not in bad:
                problems.append(f"{name}: {key} {reason}")
    if problems:
        raise InvalidError(*problems)
    return settings


def names(text: str) -> dict[str, str]:
    """Return the keys without a default that stand in *text*, each with its value."""
    found = dotenv_values(stream=StringIO(text), interpolate=False)
    return {key: value for key in REQUIRED if (value := found.get(key))}


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with just the keys of *values* changed, or added at its end."""
    for key, value in values.items():
        line = re.compile(
            rf"""^((?:export[ \t]+)?{key}=)("[^"\n]*"|'[^'\n]*'|[^\s#]*)""", re.M
        )
        if line.search(text):
            text = line.sub(rf"\g<1>{value}", text)
        else:
            text = f"{text}\n" if text and not text.endswith("\n") else text
            text += f"{key}={value}\n"
    return text


def with_changes(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with *values*, as it is if it has them; "" is a key left out."""
    known = dotenv_values(stream=StringIO(text), interpolate=False)
    other = {key: to for key, to in values.items() if (known.get(key) or "") != to}
    return with_values(text, other)


def with_profile(text: str, profile: str, *, started: bool = True) -> str:
    """Return *text* with *profile* among those that Compose starts, or not."""
    known = dotenv_values(stream=StringIO(text), interpolate=False).get(PROFILES) or ""
    profiles = [each for each in known.split(",") if each]
    if (profile in profiles) == started:
        return text
    others = [each for each in profiles if each != profile]
    wanted = [*others, profile] if started else others
    return with_values(text, {PROFILES: ",".join(wanted)})


def _values(text: str) -> dict[str, str]:
    # An empty value is the default, as it is for Compose's ${KEY:-default}.
    found = dotenv_values(stream=StringIO(text), interpolate=False)
    return {k: v for k, v in found.items() if v and not k.startswith(FOREIGN)}


def _shown(key: str, value: str) -> str:
    """Return the pair as it may be printed: a value that may be a secret may not."""
    is_setting = key.lower() in Settings.model_fields
    has_login = key.startswith("RELAY_") and "@" in value
    return f"{key}={value}" if is_setting and not has_login else key


def _survey(lines: Sequence[str]) -> tuple[dict[str, int], dict[int, str]]:
    """Return the line of each key, and the lines that can't be trusted, with why."""
    places: dict[str, int] = {}
    bad: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.removesuffix("\r")
        parts = KEY.fullmatch(text)
        problem = _problem(text, parts)
        if parts:
            first = places.setdefault(parts["key"], number)
            if first != number:
                problem = f"{parts['key']} is set in line {first} too: delete one"
        if problem:
            bad[number] = problem
    return places, bad


def _problem(line: str, parts: re.Match[str] | None) -> str | None:
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
        return "holds a control character: write the line anew"
    if not line.strip(" \t") or line.lstrip(" \t").startswith("#"):
        return None
    if parts and VALUE.fullmatch(parts["rest"]):
        return None
    if unseen := UNSEEN.search(line):
        return (
            f"its character {unseen.start() + 1} is U+{ord(unseen[0]):04X}, which looks"
            " like a space or like nothing: type the line anew"
        )
    if not parts:
        # Not what follows: it may be a secret.
        key, more, _ = re.split(r"([=:\s]|$)", line.strip(), maxsplit=1)
        return (
            f"{(key + more).strip()!r} is not KEY=value: write the key in capitals,"
            " with no space before it or round the ="
        )
    odd = re.search(rf"[^{SAFE}]", parts["rest"].strip())
    return (
        f"{parts['key']}: Compose and stack may read its value differently"
        f"{f', for the {odd[0]!r} in it' if odd else ''}: use letters, digits and"
        " . _ : / @ , + = * [ ] - only, and no spaces"
    )
