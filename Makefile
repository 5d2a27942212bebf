# Everything an operator or a developer runs. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help engine up down test lint unit e2e docs figures bench confusion mutation

help:    ## List the targets
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

engine:  ## Install what the machine lacks: a Docker engine, the base image
	tools/engine.sh
	tools/base-image.sh

# The settings are checked before Compose, for a changed port, removes a container.
up:      engine ## Run the server: build, start, wait until every container is healthy
	docker compose build
	docker compose run --rm stack
	docker compose up --detach --wait

down:    ## Stop the server. Mail, queue, keys and settings stay
	docker compose down

test:    lint unit e2e ## Style and types, pure functions, real mail through real containers

.venv/installed: pyproject.toml tools/venv.sh
	tools/venv.sh

lint:    .venv/installed ## Style, types, shell, Dockerfiles, YAML
	tools/lint.sh

unit:    .venv/installed ## Unit tests: no Docker, seconds
	.venv/bin/pytest tests/unit --numprocesses=2

# With SERVERS=2, two run side by side, and each file of tests on one of them: half of
# the time, for twice the memory.
SERVERS = 1
e2e:     engine .venv/installed ## Run the stack in a small internet of its own, send real mail
	.venv/bin/pytest tests/e2e $(if $(filter-out 1,$(SERVERS)),--numprocesses=$(SERVERS) --dist=loadfile)

docs:    .venv/installed ## Write .env.example, docs/settings.md and docs/security.md anew
	.venv/bin/stack settings > .env.example
	.venv/bin/stack settings --format markdown > docs/settings.md
	.venv/bin/python -m tests.promises > docs/security.md

figures: engine .venv/installed ## Measure start-up, memory, image sizes and latency
	.venv/bin/python -m tests.bench.figures

bench:   engine .venv/installed ## Measure what the filters cost: a verdict on the sender, a scan for spam
	.venv/bin/python -m tests.bench.verdicts
	.venv/bin/python -m tests.bench.scans

confusion: engine .venv/installed ## Have a public corpus of spam and ham judged; fetches it with npm
	.venv/bin/python -m tests.bench.confusion

# With RULES=relay, only the rules whose name or file holds that word; with RULES=--core,
# of the end-to-end tests only the core counts.
mutation: engine .venv/installed ## Take away one rule at a time, and show that a test fails
	.venv/bin/python -m tests.mutation $(RULES)
