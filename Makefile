# Leadline in two commands: `make run` and `make test`. Needs python3 (3.11 or newer) and make, nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SPREAD := --numprocesses logical --maxprocesses 4 --dist worksteal

# What a process imports is compiled once and kept, whatever the environment says: the tests start many processes.
# Installing compiles nothing, for most of it is never imported: half the time of a first `make`.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run setup lint types unit test suite bench model lock clean

help:            ## Show what can be made
	@grep -E '^[a-z]+: *.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: $(STAMP)  ## Make the virtual environment (done by the others on first use)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Leadline needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (first use only; a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "  installing the locked dependencies ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@echo "  installing leadline itself ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)
	@echo "  ready."

run: setup       ## Start everything on this machine: leadline demo
	@exec $(BIN)/leadline demo $(ARGS)

lint: setup      ## Style and import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-cache

types: setup     ## Types, strictly
	@$(BIN)/mypy

unit: setup      ## The rules alone: no database, under a minute
	@$(BIN)/pytest $(SPREAD) tests/domain

test: lint       ## Everything: style, types, and the whole suite on real PostgreSQL and Valkey
	@$(MAKE) --no-print-directory --jobs 2 types suite

suite: setup     ## The whole suite alone
	@$(BIN)/pytest $(SPREAD)

bench: setup     ## Speeds, each as a ratio to a baseline in the same run
	@$(BIN)/python -m benchmarks

model: setup     ## Learn the reply reader's weights from its sentences
	@$(BIN)/python -m training.replies

lock:            ## Make requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements.lock

clean:           ## Forget the virtual environment and the demo's data
	rm -rf $(VENV) .leadline
