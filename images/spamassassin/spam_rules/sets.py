"""
Sets of rules: each a folder as SpamAssassin wants it in /var/lib/spamassassin.

    VERSION/                 the rules, as sa-update puts them there
    compiled/PERL/VERSION/   what sa-compile made of them

One set is in the image, of the rules that come with the package. Others are made by
the updater, in the volume /rules:

    sets/ID/                 complete, and never changed
    sets/next/               the one that is being made
    chosen/set               the ID of the one to use; missing: that of the image

chosen/ is small, and watched and copied along with /config: a configuration and the
rules it was checked with are taken into use together.
"""

import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from milter_runtime.durable import sync, sync_all, write

NEXT = "next"


@dataclass(frozen=True)
class Sets:
    """The sets there are."""

    root: Path = Path("/rules")
    packaged: Path = Path("/usr/local/share/spamassassin")

    @property
    def next(self) -> Path:
        """The set that is being made, or where it would be."""
        return self.root / "sets" / NEXT

    @property
    def version(self) -> str:
        """SpamAssassin's version, as its folders have it: 4.000001."""
        (rules,) = self.packaged.glob("[0-9]*")
        return rules.name

    def chosen(self, base: Path | None = None) -> Path:
        """
        Return the set chosen in *base*/chosen: in the volume if *base* isn't given.

        It is that of the image if none is chosen, or if the chosen one is gone or
        was made for another version.
        """
        try:
            name = ((base or self.root) / "chosen" / "set").read_text().strip()
        except FileNotFoundError:
            return self.packaged
        folder = self.root / "sets" / name
        return folder if self.rules(folder).is_dir() else self.packaged

    def of(self, config: Path) -> Path:
        """Return the set that goes with the copy *config* of a configuration."""
        return self.chosen(config / "rules")

    def rules(self, folder: Path) -> Path:
        """Return the rules in the set *folder*: its configpath to SpamAssassin."""
        return folder / self.version

    def begin(self) -> None:
        """Make sets/next anew, with the rules of the chosen set, not yet compiled."""
        self.abandon()
        self.next.mkdir()
        shutil.copytree(self.rules(self.chosen()), self.rules(self.next))

    def abandon(self) -> None:
        """Remove sets/next, if there is one."""
        shutil.rmtree(self.next, ignore_errors=True)

    def finish(self, name: str) -> None:
        """
        Put sets/next to use, as the set *name*.

        The one chosen before is kept, as spamd may be at reading it.
        """
        sync_all(self.next)
        self.next.rename(self.root / "sets" / name)
        before = self.chosen()
        self._choose(name)
        self._keep({name, before.name})

    def reset(self) -> bool:
        """Go back to the set of the image. Return whether another one was in use."""
        file = self.root / "chosen" / "set"
        found = file.exists()
        file.unlink(missing_ok=True)
        return found

    def _choose(self, name: str) -> None:
        # Written elsewhere, as chosen/ is watched and copied.
        new = self.root / "choice"
        write(new, f"{name}\n".encode())
        new.replace(self.root / "chosen" / "set")
        sync(self.root / "chosen")

    def _keep(self, names: set[str]) -> None:
        for folder in (self.root / "sets").iterdir():
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)


def channel_file(channel: str) -> str:
    """Return the name, without suffix, that sa-update gives to what *channel* has."""
    return re.sub("[^A-Za-z0-9-]+", "_", channel)


def versions(rules: Path, channels: Iterable[str]) -> str:
    """Tell in words which version of each of *channels* is in *rules*."""
    found = []
    for channel in channels:
        file = rules / f"{channel_file(channel)}.cf"
        text = file.read_text("latin-1") if file.exists() else ""
        if version := re.match(r"# UPDATE version (\d+)", text):
            found.append(f"{channel} {version[1]}")
    return ", ".join(found)


if __name__ == "__main__":
    sets = Sets()
    print(sets.rules(sets.of(Path(sys.argv[1]))))
