#!/bin/sh
# Prints apt sources of Debian 13 (trixie) from the mirrors this machine already uses.
# Debian Developer's Reference: a mirror of one release carries the others too.
set -eu

release=trixie

# mirror LABEL: the first archive with this Label in the machine's own apt lists.
mirror() {
    # shellcheck disable=SC2016  # apt-get fills this in, not the shell.
    apt-get indextargets --format '$(REPO_URI)' \
        'Identifier: Packages' 'Origin: Debian' "Label: $1" | head -n 1
}

main=$(mirror Debian)
security=$(mirror Debian-Security)
if [ -z "$main" ]; then
    echo "tools/apt-sources.sh: apt knows no Debian mirror here; add one to /etc/apt/sources.list and run apt-get update" >&2
    exit 3
fi

echo "deb $main $release main"
echo "deb $main $release-updates main"
if [ -n "$security" ]; then
    echo "deb $security $release-security main"
fi
