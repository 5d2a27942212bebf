"""One update: rules are fetched, checked, compiled, tried, and then used."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spam_rules.config import Config
from spam_rules.sets import NEXT, Sets
from spam_rules.update import channel, trial
from spam_rules.update.command import FailedError

LIVE = Path("/live/current")


def look(sets: Sets, wanted: Config) -> tuple[str, str]:
    """
    Look for new rules. Return the new set, if one is in use now, and what failed.

    The channels that answer are taken, also while others fail.

    Raises:
        FailedError: When the new rules can't be used. Those in use stay.
    """
    with configuration() as config:
        sets.begin()
        try:
            changed, failed = fetched(sets, wanted, config / "local" / "keys")
            if not changed:
                return "", failed
            trial.try_out(config)
            name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
            sets.finish(name)
        finally:
            sets.abandon()
    return name, failed


def fetched(sets: Sets, wanted: Config, keys: Path) -> tuple[bool, str]:
    """Bring sets/next up to date. Return whether it changed, and what failed."""
    changed = channel.remove_others(sets, wanted.channels)
    failed = []
    for name in wanted.channels:
        try:
            changed |= channel.update(name, keys)
        except FailedError as error:
            failed.append(str(error))
    return changed, "; ".join(failed)


@contextmanager
def configuration() -> Iterator[Path]:
    """
    Have a copy of the configuration that spamd runs on, with the next set chosen.

    Raises:
        FailedError: When there is none, or it is just being changed.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config"
        try:
            shutil.copytree(LIVE.resolve(strict=True), config)
        except (OSError, shutil.Error):
            raise FailedError("spamd's configuration is just being changed") from None
        (config / "rules" / "chosen").mkdir(parents=True, exist_ok=True)
        (config / "rules" / "chosen" / "set").write_text(NEXT)
        yield config
