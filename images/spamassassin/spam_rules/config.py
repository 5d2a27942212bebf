"""What rule-updater.conf says: whether rules are updated, and from where."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from milter_runtime.config_file import ConfigError, Kind, one_of, settings

NAME = "rule-updater.conf"

OFFICIAL = "updates.spamassassin.org"


@dataclass(frozen=True)
class Config:
    """rule-updater.conf, checked."""

    update: bool
    channels: tuple[str, ...]
    """All of them, SpamAssassin's own first: without it there would be no others."""


def listed(text: str) -> tuple[str, ...]:
    """Return the channels in *text*, a list with commas, after SpamAssassin's own."""
    more = [name for name in text.split(",") if name]
    return tuple(dict.fromkeys([OFFICIAL, *more]))


KINDS = {
    "update": one_of("yes", "no"),
    "channels": Kind(listed, "names with commas between"),
}


def parse(text: str, name: str = NAME) -> Config:
    """
    Read `update = yes|no` and `channels = NAME,NAME` (or nothing).

    Raises:
        ConfigError: When that isn't what the *text* of the file *name* says.
    """
    values = cast("dict[str, Any]", settings(text, name, KINDS))
    return Config(values["update"] == "yes", values["channels"])


def load(folder: Path) -> Config:
    """
    Read rule-updater.conf in *folder*.

    Raises:
        ConfigError: When it is wrong.
        FileNotFoundError: When there is none.
    """
    path = folder / NAME
    return parse(path.read_text("utf-8"), str(path))


if __name__ == "__main__":
    try:
        load(Path(sys.argv[1]))
    except (ConfigError, OSError) as error:
        sys.exit(str(error))
