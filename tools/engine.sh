#!/bin/sh
# Sees to it that a Docker engine with Compose and Buildx answers.
# Where one does it only raises a limit of the kernel, as root. Installs Debian's packages and starts the engine
# on Debian 12 or 13, as root; elsewhere it says what is missing.
set -eu

here=$(dirname "$0")
log=/var/log/dockerd.log

answers() {
    docker info >/dev/null 2>&1
}

# Compose learnt start_interval, which our health checks use, in 2.20; what older
# than 2.26 does has not been tried.
has_plugins() {
    found=$(docker compose version --short 2>/dev/null) \
        && [ "$(printf '%s\n' 2.26 "${found#v}" | sort -V | head -n 1)" = 2.26 ] \
        && docker buildx version >/dev/null 2>&1
}

refuse() {
    echo "tools/engine.sh: $1" >&2
    exit 3
}

# Debian 12 has no Compose v2. Trixie's packages run there; the pin keeps every
# other package of the machine at the release it has.
add_trixie() {
    "$here/apt-sources.sh" > /etc/apt/sources.list.d/trixie.list
    printf 'Package: *\nPin: release n=trixie*\nPin-Priority: 50\n' \
        > /etc/apt/preferences.d/trixie
}

install_engine() {
    apt-get update
    if [ "$VERSION_CODENAME" = bookworm ]; then
        add_trixie
        apt-get update
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        docker.io/trixie docker-cli/trixie docker-compose/trixie \
        docker-buildx/trixie containerd/trixie iptables
}

# Engines before 27 replace the address of an IPv6 client by the bridge's own
# unless ip6tables is on, and there it still counts as experimental.
configure_engine() {
    if [ ! -e /etc/docker/daemon.json ]; then
        mkdir -p /etc/docker
        printf '{ "experimental": true, "ip6tables": true }\n' > /etc/docker/daemon.json
    fi
}

# A killed engine leaves its pid files, and refuses to start again when the number
# is another process's by now.
forget_dead_engine() {
    for file in /run/docker.pid /run/docker/containerd/containerd.pid; do
        if [ -e "$file" ] \
            && ! grep -qsx -e dockerd -e containerd "/proc/$(cat "$file")/comm"; then
            rm -f "$file"
        fi
    done
}

start_engine() {
    forget_dead_engine
    if [ -d /run/systemd/system ]; then
        systemctl enable --now docker
    else
        setsid dockerd >> "$log" 2>&1 < /dev/null &
    fi
}

wait_for_engine() {
    deadline=$(($(date +%s) + 60))
    until answers; do
        if [ "$(date +%s)" -ge "$deadline" ]; then
            refuse "the engine did not answer within 60 s; its log: $log, or journalctl -u docker"
        fi
        sleep 0.2
    done
}

# Each IMAP session that waits for mail takes an instance of inotify(7). The kernel gives
# a uid 128 of them, and that uid is the same in all containers of the machine.
raise_inotify() {
    limit=/proc/sys/fs/inotify/max_user_instances
    enough=8192
    if [ -w "$limit" ] && [ "$(cat "$limit")" -lt "$enough" ] \
        && echo "$enough" 2>/dev/null > "$limit"; then
        mkdir -p /etc/sysctl.d
        echo "fs.inotify.max_user_instances = $enough" > /etc/sysctl.d/60-mailstack.conf
    fi
}

raise_inotify

if answers && has_plugins; then
    exit 0
fi

# shellcheck source=/dev/null
. /etc/os-release
wanted="Docker Engine with Compose 2.26 or newer and Buildx (https://docs.docker.com/engine/install/)"
if answers; then
    lack="the Docker engine answers, but Compose 2.26 or newer or Buildx is missing"
else
    lack="no Docker engine answers as $(id -un)"
fi
case "$ID-${VERSION_CODENAME:-}" in
    debian-bookworm | debian-trixie) ;;
    *) refuse "$lack; install and start $wanted" ;;
esac
[ "$(id -u)" = 0 ] || refuse "$lack; run this as root, or install and start $wanted"

if ! command -v dockerd >/dev/null || ! has_plugins; then
    configure_engine
    install_engine
fi
answers || start_engine
wait_for_engine
