"""What becomes of a message: another process reads it, and what it says is kept."""

import asyncio
import json
import sqlite3
import sys
from pathlib import Path

from report_receiver import configuration
from report_receiver.parsing.report import (
    Failures,
    Messages,
    RefusedError,
    Report,
    Sessions,
)
from report_receiver.store import Store, TooManyError

# Seconds, also on a busy machine: it has thirty of them for itself.
LONGEST = 120


class Intake:
    """Takes messages one after the other, as memory allows."""

    def __init__(self, path: Path, folder: Path) -> None:
        """Keep reports in the database at *path*, by the configuration in *folder*."""
        self.path = path
        self.folder = folder
        self._one = asyncio.Lock()

    async def take(self, message: bytes | None) -> bool:
        """Keep what *message* says, or why it is refused; say whether it is kept."""
        async with self._one:
            try:
                return await self._take(message)
            except (sqlite3.Error, ValueError, OSError) as error:
                say(f"error: a report waits: {type(error).__name__}: {error}")
                return False

    async def _take(self, message: bytes | None) -> bool:
        # It is opened for each message: a file that was put back is the right one.
        store = Store(self.path)
        try:
            # A broken one is not the message's fault.
            keep_days = configuration.load(self.folder).keep_days
            if message is None:
                raise RefusedError("a message that is too large")
            report = await self._read(message)
            new = store.add(report, keep_days)
            words = "taken" if new else "known already"
            say(f"{words}: {report.kind} of {report.domain} by {report.reporter}")
        except RefusedError as error:
            store.refuse(str(error))
            say(f"refused: {error}")
        except TooManyError:
            store.refuse(f"too much in a day from {report.reporter}")
            say(f"refused: too much in a day from {report.reporter}")
        finally:
            store.close()
        return True

    async def _read(self, message: bytes) -> Report:
        reader = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "report_receiver.parsing", str(self.folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            said, _ = await asyncio.wait_for(reader.communicate(message), LONGEST)
        except TimeoutError:
            raise RefusedError("it takes too much time or memory to read") from None
        finally:
            if reader.returncode is None:
                reader.kill()
                await reader.wait()
        if reader.returncode:
            raise RefusedError("it takes too much time or memory to read")
        return _report(json.loads(said))


def _report(said: dict[str, object]) -> Report:
    if "refused" in said:
        raise RefusedError(said["refused"])
    rows = {"messages": Messages, "sessions": Sessions, "failures": Failures}
    for name, kind in rows.items():
        said[name] = tuple(kind(*row) for row in said[name])  # type: ignore[attr-defined]
    return Report(**said)  # type: ignore[arg-type]


def say(text: str) -> None:
    """Write *text* as one line to the container's log."""
    print(ascii(text)[1:-1][:500], flush=True)
