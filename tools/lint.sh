#!/bin/sh
# Every check that needs no running container.
set -eu

cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH

ruff format --check .
ruff check .
mypy

shellcheck tools/*.sh images/runtime/*/* images/*/hooks/* images/*/sieve/* \
    images/clamav/*-* images/postfix/programs/rehearse \
    images/postfix/programs/accepts-mail images/postfix/programs/filters-answer images/postfix/programs/queue-runs \
    images/spamassassin/update-rules images/spamassassin/updater/* \
    images/resolver/names-answered images/web/*-* .ci/run \
    tests/support/world/images/mirror/publish tests/support/world/images/dns/start
hadolint images/*/Dockerfile tests/support/world/images/*/Dockerfile
yamllint --strict .
check-jsonschema --builtin-schema vendor.compose-spec compose.yaml tests/support/world/compose.yaml
check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
zizmor --offline --no-progress --quiet .github/workflows
