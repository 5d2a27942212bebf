#!/bin/sh
# Looks whether the engine lets the address of an IPv6 client through to a container whose
# port is published on IPv6. It says one word on stdout, for `stack init --ipv6-seen`:
#   kept         it does
#   hidden       it doesn't: the container sees the address of the network's gateway
#   none         this machine has no IPv6 address, or the engine can make no network with it
#   old-network  the network edge is of before it had IPv6, and in use
#   taken        another network has the addresses of NETWORK_SUBNET_IPV6 or NETWORK_SUBNET
#   unknown      from this machine it can't be seen: see below
# It says nothing where .env wants no IPv6. Needs the image `stack`.
set -eu

config=$(docker compose config)

# A key below x-ipv6, which is where compose.yaml tells what .env wants.
wanted() {
    printf '%s\n' "$config" | sed -n '/^x-ipv6:/,/^[^ ]/s/^  '"$1"': *//p' | tr -d "\"'"
}

subnet() {
    printf '%s\n' "$config" | awk '/^networks:/ { inside = 1 } inside && /^  [a-z]/ { edge = /^  edge:/ }
        inside && edge && /subnet: / { print $NF }' | grep "$@"
}

address=$(wanted address)
[ "$(wanted wanted)" != no ] || exit 0
if [ -z "$address" ]; then
    [ "$(wanted address_ipv4)" = 0.0.0.0 ] || exit 0
    address=::
fi

# There the way in from outside is not that of a program beside the engine, which would
# find the addresses kept.
case "$(docker info --format '{{.OperatingSystem}} {{.SecurityOptions}}')" in
    *"Docker Desktop"* | *name=rootless*)
        echo unknown
        exit
        ;;
esac

project=$(printf '%s\n' "$config" | sed -n 's/^name: //p')
image=$(docker compose config --images stack)
network=${project}_edge
probe=${project}_look_$$
trap 'docker rm --force "$probe" > /dev/null 2>&1 || true
    docker network rm "${project}_look" > /dev/null 2>&1 || true' EXIT

# Compose leaves a network as it is. One that nobody uses costs nothing to make again.
case "$(docker network inspect --format '{{.EnableIPv6}}' "$network" 2> /dev/null || true)" in
    true) ;;
    false)
        if [ -n "$(docker ps --all --quiet --filter "network=$network")" ] \
            || ! docker network rm "$network" > /dev/null 2>&1; then
            echo old-network
            exit
        fi
        network=
        ;;
    *) network= ;;
esac
if [ -z "$network" ]; then
    network=${project}_look
    docker network rm "$network" > /dev/null 2>&1 || true
    words=$(docker network create --ipv6 --subnet "$(subnet :)" --subnet "$(subnet -v :)" "$network" 2>&1) || {
        case "$words" in *overlap*) echo taken ;; *) echo none ;; esac
        exit
    }
fi

# Who is there? Address and port of the one client that connects. A program that passes
# connections on has a port of its own, whatever address it may have.
listener='import socket
server = socket.create_server(("::", 2525), family=socket.AF_INET6)
server.settimeout(15)
print(*server.accept()[1][:2], flush=True)'

# As an outsider would, from an address of this machine that is no bridge of Docker: what
# comes to ::1 or from another container is passed on by a program in any case.
client='import re, socket, sys
def own():
    for line in open("/proc/net/if_inet6"):
        digits, _, _, scope, _, device = line.split()
        if scope == "00" and not re.fullmatch("docker.*|br-[0-9a-f]{12}", device):
            yield ":".join(re.findall("....", digits))
try:
    there = sys.argv[1] if sys.argv[1] != "::" else next(own(), "")
except OSError:
    there = ""
if not there:
    sys.exit(6)
here = socket.create_connection((there, int(sys.argv[2])), 10)
print(*here.getsockname()[:2])'

if ! docker run --detach --name "$probe" --network "$network" --publish "[$address]:0:2525" \
    --cap-drop ALL --entrypoint python3 "$image" -c "$listener" > /dev/null 2>&1; then
    echo none
    exit
fi
port=$(docker port "$probe" 2525 | sed -n 's/.*://p' | head -n 1)
ours=$(docker run --rm --network host --cap-drop ALL --entrypoint python3 "$image" -c "$client" "$address" "$port" 2> /dev/null) || {
    # 6, as above: none to come from. Else it was not let in, by a firewall perhaps.
    case $? in 6) echo none ;; *) echo unknown ;; esac
    exit
}
docker wait "$probe" > /dev/null
if [ "$(docker logs "$probe" 2> /dev/null)" = "$ours" ]; then echo kept; else echo hidden; fi
