"""
Asks the service which configuration it uses, and succeeds if it is that of FILE.

`python3 -m tls_policy.health FILE`
"""

import sys
from pathlib import Path

from socketmap_server.client import ask

SOCKET = Path("/run/tls-policy/socket")
MAP = "health"
KEY = "config"
_SECONDS = 10.0

if __name__ == "__main__":
    conf = Path(sys.argv[1])
    try:
        reply = ask(SOCKET, MAP, KEY, _SECONDS)
    except (OSError, ValueError) as error:
        sys.exit(f"{SOCKET}: {error}")
    if reply.status != "OK":
        sys.exit(f"{SOCKET}: {reply.status} {reply.text}")
    if reply.text != str(conf.resolve()):
        sys.exit(f"{conf} is not in use yet")
