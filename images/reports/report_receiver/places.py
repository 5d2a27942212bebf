"""Where the receiver finds its configuration, and keeps what it has."""

from pathlib import Path

LIVE = Path("/live/current")
DATABASE = Path("/reports/reports.db")
SOCKET = Path("/run/intake/lmtp")
