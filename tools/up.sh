#!/bin/sh
# Brings the server up as .env and this folder say: checks, builds, starts, waits, tells.
# Whatever is refused before "Starting" has touched no container.
set -eu

cd "$(dirname "$0")/.."
tools=$PWD/tools

said=$(mktemp)
trap 'rm -f "$said"' EXIT

# Shows what a command says, and keeps it; its status is the command's.
keeping() {
    "$@" 2> "$said" && done=0 || done=$?
    cat "$said" >&2
    return "$done"
}

docker info > /dev/null 2>&1 || {
    echo "no Docker engine answers as $(id -un): 'make engine' installs one on Debian; else start it, or run this as a user who may use it" >&2
    exit 3
}

# Alone first: it holds what several images share. Of two builds of the same step at a
# time, the next build may take the other one, and every container would be made anew.
docker compose build stack

echo "Checking .env and what is there" >&2
keeping docker compose run --rm --no-TTY stack init --yes --dry-run > /dev/null || {
    refused=$?
    "$tools/addresses.sh" explain < "$said" >&2
    exit "$refused"
}
docker compose build
"$tools/addresses.sh" check

echo "Starting" >&2
docker compose up --detach --wait || {
    failed=$?
    "$tools/ailing.sh" >&2
    exit "$failed"
}
# Told, and no reason to fail: a list of spammers that doesn't answer, for one.
docker compose run --rm --no-TTY stack status || true
