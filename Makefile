# Everything an operator or a developer runs. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help engine up down test test-all lint unit core rest e2e docs figures bench \
	confusion mutation

help:    ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

engine:  ## Install what the machine lacks: a Docker engine, the base image
	tools/engine.sh
	tools/base-image.sh

up:      engine ## Run the server: check, build, start, wait until every container is healthy
	tools/up.sh

down:    ## Stop the server. Mail, queue, keys and settings stay
	docker compose down

test:    lint unit core ## The proof in minutes: style, types, units, a test of each promise
test-all: test rest ## The whole proof: `make test`, then all the other tests

.venv/installed: pyproject.toml tools/venv.sh
	tools/venv.sh

lint:    .venv/installed ## Style, types, shell, Dockerfiles, YAML
	tools/lint.sh

unit:    .venv/installed ## Unit tests: no Docker, seconds
	.venv/bin/pytest tests/unit --numprocesses=2

# Two servers side by side where the machine has room for them, and each file of tests
# on one of them. SERVERS=1 asks for one.
SERVERS = auto
E2E = .venv/bin/pytest --durations=20 --dist=loadfile --no-loadscope-reorder --numprocesses

core:    engine .venv/installed ## Real mail through the stack: one test at least of each promise
	$(E2E)=$(SERVERS) -m core tests/e2e

rest:    engine .venv/installed ## The end-to-end tests that `make core` leaves out
	$(E2E)=$(SERVERS) -m 'not core' tests/e2e

# The file of tests of that name, in whichever folder it is.
named = $(or $(wildcard tests/e2e/*/test_$(1).py),tests/e2e/test_$(1).py)

e2e:     engine .venv/installed ## All end-to-end tests, or one file: make e2e T=delivery
	$(E2E)=$(if $(T),0,$(SERVERS)) $(if $(T),$(foreach name,$(T),$(call named,$(name))),tests/e2e)

docs:    .venv/installed ## Write .env.example, docs/settings.md and docs/security.md anew
	.venv/bin/stack settings > .env.example
	.venv/bin/stack settings --format markdown > docs/settings.md
	.venv/bin/python -m tests.promises > docs/security.md

figures: engine .venv/installed ## Measure start-up, memory, image sizes and latency
	.venv/bin/python -m tests.bench.figures

bench:   engine .venv/installed ## Measure what a message costs: a delivery, a verdict on its sender, a scan
	.venv/bin/python -m tests.bench.delivery
	.venv/bin/python -m tests.bench.verdicts
	.venv/bin/python -m tests.bench.scans

confusion: engine .venv/installed ## Have a public corpus of spam and ham judged; fetches it with npm
	.venv/bin/python -m tests.bench.confusion

# With RULES=relay, only the rules whose name or file holds that word; with RULES=--core,
# of the end-to-end tests only the core counts.
mutation: engine .venv/installed ## Take away one rule at a time, and show that a test fails
	.venv/bin/python -m tests.mutation $(RULES)
