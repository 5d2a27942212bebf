"""
The number and name of this worker of pytest-xdist.

Each worker of pytest-xdist runs a server of its own, beside those of the others.
"""

import os

NAME = os.environ.get("PYTEST_XDIST_WORKER", "")
"""Empty for a run that has no workers."""

COUNT = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
NUMBER = int(NAME.removeprefix("gw") or "0")
