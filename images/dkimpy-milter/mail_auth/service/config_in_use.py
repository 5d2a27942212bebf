"""Records which configuration the milter uses, for the health check."""

from pathlib import Path

from milter_runtime.durable import write

FILE = Path("/run/mail-auth-config")


def record(conf: Path) -> None:
    """Record that new connections use *conf*, a path without links."""
    write(FILE, bytes(conf))


def is_in_use(conf: Path) -> bool:
    """Tell whether new connections use the file that *conf* leads to now."""
    return FILE.read_text() == str(conf.resolve())
