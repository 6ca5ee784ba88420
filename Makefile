# `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BENCH_VENV := .venv-bench
FAULTS ?= 300
SEED ?= 1
BIN := $(VENV)/bin
PACKAGES := crosscurrent connectors schemas streams sinks

.PHONY: help setup setup-dev setup-apt demo up test chaos lint fmt bench docs lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.runtime ## Install what the product needs into .venv (Python 3.11 or newer is enough)

setup-dev: $(VENV)/.dev ## Install what developing and testing needs, too

demo: setup ## Run the whole system on simulated APIs and say what was found (ARGS="--fast --keep-up --recordings DIR")
	@$(BIN)/crosscurrent demo $(ARGS)

up: setup ## Start what is configured on this machine (ARGS="--world -d"); stop with Ctrl-C or `crosscurrent down`
	@$(BIN)/crosscurrent up $(ARGS)

test: setup-dev setup-apt lint ## Check style, types and contracts, then run every test (ARGS="-k name")
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/chaos $(ARGS)

chaos: setup-dev ## Beside make test: hundreds of faults on a whole home, then its tables against a run without (FAULTS=300 SEED=1)
	@CROSSCURRENT_TEST_FAULTS=$(FAULTS) CROSSCURRENT_TEST_SEED=$(SEED) $(BIN)/python -m pytest -s tests/chaos $(ARGS)

lint: setup-dev ## Check style, types, the direction of imports and the schemas' history
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m schemas.generate --check
	@$(BIN)/python -m schemas.check
	@$(BIN)/python docs/generate.py --check
	@.ci/hygiene

fmt: setup-dev ## Format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

bench: $(BENCH_VENV)/.ready ## Measure what the README claims, the peers in the same run, and write docs/benchmarks.md
	@$(BENCH_VENV)/bin/python -m benchmarks.run $(ARGS)

docs: setup-dev ## Generate the reference pages and check that they are fresh
	@$(BIN)/python docs/generate.py

lock: ## Renew the lock files (needs uv)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --custom-compile-command "make lock" -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --custom-compile-command "make lock" -c requirements.lock -o requirements-dev.lock
	uv pip compile pyproject.toml --group build --group dev --group bench --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --custom-compile-command "make lock" -o requirements-bench.lock

clean: ## Remove everything that was generated, the embedded home included
	rm -rf $(VENV) $(BENCH_VENV) .crosscurrent build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"{sys.executable} is Python {sys.version.split()[0]}. Expected: 3.11 or newer. To do: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make a virtual environment. Expected: its venv module. To do: install it (on Debian: apt-get install python3-venv)." >&2; exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what the product needs (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "installing what the tests need (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# the peers pin older clients than ours, so they live in an environment of their own
$(BENCH_VENV)/.ready: requirements-bench.lock | $(VENV)/bin/python
	@echo "installing the peers into $(BENCH_VENV) (once)"
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup-apt:
	@missing=$$(for tool in curl docker-compose java kcat mvn node npm; do command -v $$tool >/dev/null || echo $$tool; done); \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
			echo "missing for the tests:" $$missing". Expected: curl, docker-compose, a Java of 17 or newer, kcat, mvn, node and npm. To do: install them with your package manager." >&2; exit 1; fi; \
		echo "installing $$missing for the tests"; \
		apt-get update -qq; \
		apt-get install -y -qq --no-install-recommends $$(for tool in $$missing; do case $$tool in java) echo default-jre-headless;; mvn) echo maven;; node) echo nodejs;; *) echo $$tool;; esac; done) >/dev/null; \
	fi
