"""What rule-updater.conf says: whether rules are updated, and from where."""

import sys
from dataclasses import dataclass
from pathlib import Path

NAME = "rule-updater.conf"

OFFICIAL = "updates.spamassassin.org"


class WishError(Exception):
    """What is wrong with rule-updater.conf."""


@dataclass(frozen=True)
class Wishes:
    """rule-updater.conf, checked."""

    update: bool
    channels: tuple[str, ...]
    """All of them, SpamAssassin's own first: without it there would be no others."""


def parse(text: str) -> Wishes:
    """
    Read `update = yes|no` and `channels = NAME,NAME` (or nothing).

    Raises:
        WishError: When that isn't what *text* says.
    """
    lines = [x for x in text.splitlines() if x.strip() and not x.startswith("#")]
    pairs = [[part.strip() for part in line.partition("=")[::2]] for line in lines]
    values = dict(pairs)
    if sorted(key for key, _ in pairs) != ["channels", "update"]:
        raise WishError("must say update and channels, once each, and nothing else")
    if values["update"] not in {"yes", "no"}:
        raise WishError(f"update is '{values['update']}', but must be yes or no")
    more = [name for name in values["channels"].split(",") if name]
    channels = tuple(dict.fromkeys([OFFICIAL, *more]))
    return Wishes(values["update"] == "yes", channels)


def load(config: Path) -> Wishes:
    """
    Read rule-updater.conf in the folder *config*.

    Raises:
        WishError: When it is wrong.
        FileNotFoundError: When there is none.
    """
    return parse((config / NAME).read_text())


if __name__ == "__main__":
    try:
        load(Path(sys.argv[1]))
    except (WishError, OSError) as error:
        sys.exit(f"{sys.argv[1]}/{NAME}: {error}")
