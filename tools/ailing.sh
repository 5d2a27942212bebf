#!/bin/sh
# Says of each container that isn't well what it says itself: the reason that
# `docker compose up --detach` keeps to itself.
set -eu

# Docker fills these in, not the shell.
# shellcheck disable=SC2016
state='{{index .Config.Labels "com.docker.compose.service"}} {{.State.Status}} {{.State.ExitCode}} {{with .State.Health}}{{.Status}}{{else}}none{{end}} {{.State.StartedAt}}'
# shellcheck disable=SC2016
looks='{{with .State.Health}}{{range .Log}}{{printf "%q\n" .Output}}{{end}}{{end}}'

last_look() {
    docker inspect --format "$looks" "$1" | grep . | tail -n 1 | sed 's/^"//; s/"$//; s/\\"/"/g' \
        | xargs -0 printf '%b\n'
}

tell() {
    container=$1 service=$2 status=$3 code=$4 health=$5 since=$6
    case "$status $code $health" in
        "exited 0 "* | "running 0 healthy" | "running 0 none") ;;
        "running "*) echo "$service is $health:" && last_look "$container" ;;
        *) echo "$service has ended with $code:" && docker logs --tail 20 --since "$since" "$container" ;;
    esac
}

for container in $(docker compose ps --all --quiet); do
    docker inspect --format "$container $state" "$container"
done | while read -r container service status code health since; do
    tell "$container" "$service" "$status" "$code" "$health" "$since" 2>&1 | sed '2,$s/^/    /'
done
