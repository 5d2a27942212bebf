"""Addresses of ours that stand for the senders of forwarded mail (SRS)."""

from tests.support.server.server import Server

_MAKE = """
import sys, time
from pathlib import Path
from srs_table.address import Address
from srs_table.config import SECRETS, load_secrets
from srs_table.scheme import Scheme
then = time.time() - int(sys.argv[2]) * 86400
scheme = Scheme("example.test", load_secrets(SECRETS), 21, lambda: then)
print(scheme.forward(Address.of(sys.argv[1])))
"""


def return_address(server: Server, sender: str, days: int = 0) -> str:
    """Return the address that was made for *sender* so many *days* ago."""
    command = ("python3", "-c", _MAKE, sender, str(days))
    return server.project.inside("srs", *command).decode().strip()
