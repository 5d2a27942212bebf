#!/bin/sh
# Brings the server up as .env and this folder say: checks, builds, starts, waits, tells.
# Whatever is refused before "Starting" has touched no container.
set -eu

cd "$(dirname "$0")/.."
tools=$PWD/tools

said=$(mktemp)
planned=$(mktemp)
trap 'rm -f "$said" "$planned"' EXIT

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

# Whether clients on IPv6 would keep their addresses. The first container to be run makes
# the network: it is to have IPv6 if the ports may be open there.
seen=$("$tools/ipv6.sh")
network_ipv6=
case "$seen" in
    kept) network_ipv6=true ;;
    unknown) ! docker compose config | grep -q '^  wanted: .*yes' || network_ipv6=true ;;
esac

initialize() {
    COMPOSE_NETWORK_IPV6=$network_ipv6 docker compose run --rm --no-TTY stack \
        init ${seen:+--ipv6-seen="$seen"} "$@"
}

echo "Checking .env and what is there" >&2
keeping initialize --yes --dry-run > "$planned" || {
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

# Compose reads .env before a container of it could change it, and opens ports by it.
if grep -q ' \.env$' "$planned"; then
    initialize --yes --only-env > /dev/null
    "$tools/addresses.sh" check
fi

echo "Starting" >&2
docker compose up --detach --wait || {
    failed=$?
    "$tools/ailing.sh" >&2
    exit "$failed"
}
# Told, and no reason to fail: a list of spammers that doesn't answer, for one.
docker compose run --rm --no-TTY stack status || true
