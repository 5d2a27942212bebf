#!/bin/sh
# Makes .venv: the stack command, and the tools that its tests need.
set -eu

refuse() {
    echo "tools/venv.sh: $1" >&2
    exit 3
}

cd "$(dirname "$0")/.."

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
    || refuse "Python 3.11 or newer is needed as python3"

# Debian ships venv apart from Python.
if ! python3 -c 'import ensurepip' 2>/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        refuse "Python's venv is missing; install python3-venv"
    fi
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3-venv
fi

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --editable '.[dev]'
touch .venv/installed
