#!/bin/sh
# Sees to it that the image debian:trixie-slim, which all of ours start from, is here:
# the one this engine has, else the registry's, else one made of Debian's packages.
set -eu

here=$(dirname "$0")
image=debian:trixie-slim

bootstrap() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "tools/base-image.sh: $image can't be pulled; run this as root on Debian to make it, or give the engine a way to a registry" >&2
        exit 3
    fi
    if ! command -v mmdebstrap >/dev/null; then
        apt-get update
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends mmdebstrap
    fi
    "$here/apt-sources.sh" \
        | mmdebstrap --variant=minbase --include=ca-certificates \
            --dpkgopt='path-exclude=/usr/share/doc/*' \
            --dpkgopt='path-include=/usr/share/doc/*/copyright' \
            --dpkgopt='path-exclude=/usr/share/man/*' \
            --dpkgopt='path-exclude=/usr/share/locale/*' \
            trixie - - \
        | docker import --change 'CMD ["bash"]' - "$image"
}

docker image inspect "$image" >/dev/null 2>&1 \
    || docker pull --quiet "$image" 2>/dev/null \
    || bootstrap
