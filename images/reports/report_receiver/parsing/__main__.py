"""
Reads a message from stdin, and writes what is kept of it to stdout as JSON.

`python3 -m report_receiver.parsing FOLDER`, the one with the configuration. It is a
process of its own: whatever a stranger's message does to it, the receiver goes on. It
may start no other process and write no file, and its time and memory are limited.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from report_receiver import configuration
from report_receiver.parsing.message import read
from report_receiver.parsing.report import RefusedError

# Octets of address space.
MEMORY = 256 * 1024 * 1024
SECONDS = 30

LIMITS = {
    resource.RLIMIT_AS: MEMORY,
    resource.RLIMIT_CPU: SECONDS,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NPROC: 0,
    resource.RLIMIT_CORE: 0,
}


def limit() -> None:
    """Give up, for good, what this process needs not."""
    for kind, most in LIMITS.items():
        resource.setrlimit(kind, (most, most))


def main(folder: Path) -> None:
    """Print the report, or why it is refused."""
    limit()
    try:
        message = sys.stdin.buffer.read()
        found = read(message, configuration.load(folder), time.time())
        words = json.dumps(found._asdict())
    except RefusedError as error:
        words = json.dumps({"refused": str(error)})
    except MemoryError:
        # None is left to put it in words.
        os._exit(1)
    sys.stdout.write(words)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
