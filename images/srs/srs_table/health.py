"""
Asks for a sender's replacement and for the way back, by the configuration in a file.

`python3 -m srs_table.health CONFIG`
"""

import sys
from pathlib import Path

from milter_runtime.config_file import ConfigError
from socketmap_server.client import ask

from srs_table.config import load

SOCKET = Path("/run/srs/socket")
PROBE = "Probe@health.invalid"
TIMEOUT = 5.0  # seconds


def fault(config: Path, socket: Path) -> str:
    """Return what is wrong with the answers on *socket*, or nothing."""
    try:
        domain = load(config).domain
        made = ask(socket, "sender", PROBE, TIMEOUT)
        if made.status != "OK" or not made.text.endswith(f"@{domain}"):
            return f"{socket}: not an address in {domain}: {made}"
        back = ask(socket, "returned", made.text, TIMEOUT)
    except (ConfigError, OSError, ValueError) as error:
        return f"{socket}: {error}"
    return "" if back.text == PROBE else f"{socket}: no way back: {back}"


if __name__ == "__main__":
    sys.exit(fault(Path(sys.argv[1]), SOCKET) or None)
