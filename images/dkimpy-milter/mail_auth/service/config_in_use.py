"""Which configuration the milter goes by, for the health check to know."""

from pathlib import Path

from milter_runtime.durable import write

FILE = Path("/run/mail-auth-config")


def record(conf: Path) -> None:
    """Say that new connections go by *conf*, a path without links."""
    write(FILE, bytes(conf))


def is_in_use(conf: Path) -> bool:
    """Tell whether new connections go by what *conf* leads to now."""
    return FILE.read_text() == str(conf.resolve())
