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

# What images are made of, and which there are. Docker remembers more than one result of
# a step that was run twice, here or for another project, and takes any of them: where
# nothing has changed, a build would have containers made anew.
ingredients() {
    docker compose config | sed -n '/^    build:/,/^    [a-z_]*:/p'
    find images stack -name __pycache__ -prune -o -type f -exec sha256sum {} + | sort
    for image in debian:trixie-slim $(docker compose config --images | sort -u); do
        docker image inspect --format "$image {{.Id}}" "$image" 2>&1
    done
}

built=.built
is_built() {
    ingredients | cmp -s - "$built"
}

is_built || docker compose build stack

echo "Checking .env and what is there" >&2
keeping docker compose run --rm --no-TTY stack init --yes --dry-run > /dev/null || {
    refused=$?
    "$tools/addresses.sh" explain < "$said" >&2
    exit "$refused"
}
is_built || {
    docker compose build
    # Where it can't be written, the next time builds again.
    ingredients 2> /dev/null > "$built" || true
}
"$tools/addresses.sh" check

echo "Starting" >&2
docker compose up --detach --wait || {
    failed=$?
    "$tools/ailing.sh" >&2
    exit "$failed"
}
# Told, and no reason to fail: a list of spammers that doesn't answer, for one.
docker compose run --rm --no-TTY stack status || true
