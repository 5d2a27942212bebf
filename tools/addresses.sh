#!/bin/sh
# addresses.sh check: exits 3 if a port or network of .env can't be had, with the setting
# that mends it. A port is tried by the engine itself, which would open it.
# addresses.sh explain: the same for what Docker has said, read from stdin.
set -eu

# Subnets on IPv6 stand in compose.yaml in any case, and count where the network has it.
networks() {
    awk 'function told() { if (ipv6 && has_ipv6) print name, ipv6; ipv6 = has_ipv6 = "" }
        /^networks:/ { inside = 1; next } /^[a-z]/ { inside = 0 }
        inside && /^    name: / { told(); name = $2 }
        inside && /subnet: .*:/ { ipv6 = $NF; next }
        inside && /subnet: / { print name, $NF }
        inside && /enable_ipv6: true/ { has_ipv6 = 1 }
        END { told() }' "$config"
}

# Who publishes what: "address port port-of-the-container".
ports() {
    awk '/host_ip: / { address = $2 } /target: / { target = $2 }
        /published: / { gsub(/"/, ""); print address, $2, target; address = "" }' "$config"
}

setting_of_port() {
    case "$1" in
        25) echo SMTP_PORT ;;
        587) echo SUBMISSION_PORT ;;
        465) echo SUBMISSIONS_PORT ;;
        143) echo IMAP_PORT ;;
        993) echo IMAPS_PORT ;;
        80) echo HTTP_PORT ;;
        443) echo HTTPS_PORT ;;
        *) echo "its port in compose.override.yaml" ;;
    esac
}

# setting_of_network NETWORK [SUBNET]
setting_of_network() {
    case "$1 ${2:-}" in
        *_names*) echo RESOLVER_NETWORK ;;
        *:*) echo NETWORK_SUBNET_IPV6 ;;
        *) echo NETWORK_SUBNET ;;
    esac
}

# Publishes nothing for a moment, as the services will. stdout is what Docker says.
try() {
    docker run --rm --entrypoint true "$@" "$image" 2>&1
}

ours() {
    [ -n "$(docker ps --quiet --filter "label=com.docker.compose.project=$project" --filter "publish=$1")" ]
}

check_port() {
    address=$1 port=$2 target=$3
    case "$address" in *:*) address="[$address]" ;; esac
    if [ "$port" = 0 ] || ours "$port" || words=$(try --publish "${address:-0.0.0.0}:$port:$target"); then
        return
    fi
    case "$words" in
        *"already allocated"* | *"already in use"*)
            holder=$(docker ps --filter "publish=$port" --format '{{.Names}}')
            echo "Error: port $port is taken by ${holder:-a program of this machine (as root, ss -ltnp shows it)}: end that, or set $(setting_of_port "$target") in .env to another port" ;;
        *"cannot assign"*)
            echo "Error: $1 is no address of this machine: set PUBLISH_ADDRESS in .env to one that is, or to 0.0.0.0 for all" ;;
        *) return ;;
    esac >&2
    refused=3
}

# Compose leaves a network as it is while containers are on it, and the resolver would
# find its own address on no network: it would be stopped, and not start again.
check_network() {
    found=$(docker network inspect --format '{{range .IPAM.Config}} {{.Subnet}}{{end}} ' "$1" 2>/dev/null) || return 0
    case "$found" in *" $2 "*) return ;; esac
    echo "Error: the network $1 has${found% }, and $(setting_of_network "$1" "$2") in .env is for $2: put that back, or run 'docker compose down' first, which ends sessions and keeps all data" >&2
    refused=3
}

explain() {
    while read -r line; do
        case "$line" in
            *"invalid subnet"*)
                # What Docker says of RESOLVER_NETWORK=172.29.26, as it was written once.
                echo "Error: .env names a network that is not valid: write NETWORK_SUBNET like 172.29.25.0/24, RESOLVER_NETWORK like 172.29.26.0/24, and RESOLVER_ADDRESS like 172.29.26.53" ;;
            *"failed to create network"*"overlaps"*)
                name=${line##*failed to create network }
                name=${name%%:*}
                setting=$(setting_of_network "$name")
                echo "Error: the addresses of the network $name are another network's of Docker ('docker network inspect NAME' shows whose): set $setting in .env to addresses that nobody here uses" ;;
            *"failed to create network"*"non-overlapping"*)
                echo "Error: Docker has no addresses left for another network: 'docker network prune' removes those that nobody uses" ;;
        esac
    done
}

if [ "$1" = explain ]; then
    explain
    exit
fi

config=$(mktemp)
trap 'rm -f "$config"' EXIT
docker compose config > "$config"
project=$(sed -n 's/^name: //p' "$config")
image=$(docker compose config --images stack)
refused=0
while read -r name subnet; do check_network "$name" "$subnet"; done << END
$(networks)
END
while read -r address port target; do check_port "$address" "$port" "$target"; done << END
$(ports)
END
exit "$refused"
