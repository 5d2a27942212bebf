"""
Asks the milter to negotiate, on the configuration of FILE and no other.

`python3 -m mail_auth.service.health FILE`
"""

import sys
from pathlib import Path

from milter_runtime.config_file import rows
from milter_runtime.negotiation import negotiates

from mail_auth.service import config_in_use

_TIMEOUT = 5.0  # seconds


def _place(conf: Path) -> tuple[str, int]:
    address = next(words[1] for _, words in rows(conf) if words[0] == "Socket")
    port, _, host = address.partition(":")[2].partition("@")
    return host.strip("[]"), int(port)


if __name__ == "__main__":
    conf = Path(sys.argv[1])
    host, port = _place(conf)
    try:
        if not config_in_use.is_in_use(conf):
            sys.exit(f"{conf} is not in use yet")
        answered = negotiates(port, _TIMEOUT, host)
    except OSError as error:
        sys.exit(f"port {port}: {error}")
    sys.exit(None if answered else f"port {port}: not the answer of a milter")
