# Twelve verbs. Everything they need is installed into .venv on first use; after that they work
# without a network.
PYTHON ?= python3
BIN := .venv/bin
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: table test test-all test-oldest-torch test-torch forensics peers benchmark bench-check format docs clean

table: .venv/runtime  ## compare GoogLeNet with its paper
	@$(BIN)/archcount table --compare-paper

test: .venv/dev  ## lint, types, import layers, doctests, tests, one in fifty of the slow ones
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --slow 0.02 --slow-seed '$(COMMIT)'

test-all: test  ## the slow exhaustive tests too
	HYPOTHESIS_PROFILE=exhaustive $(BIN)/pytest -n 2 --slow 1

test-oldest-torch:  ## building and counting with the oldest torch allowed, in an environment of its own
	PYTHON=$(PYTHON) .ci/test-torch

test-torch:  ## the same with another release: make test-torch TORCH=2.14.1
	PYTHON=$(PYTHON) .ci/test-torch $(TORCH)

format: .venv/dev  ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

forensics: .venv/dev  ## plant causes in random tables, print how many are found
	$(BIN)/python tests/planted.py

peers: .venv/peers  ## ask archcount and its peers for answers worked out by hand
	$(BIN)/python benchmarks/peers.py --format md

benchmark: .venv/peers  ## measure speed and memory, keep the results with what they were measured on
	$(BIN)/python benchmarks/suite.py

bench-check: .venv/dev  ## hold the benchmark against a bare loop, built networks against hand-written ones
	$(BIN)/python benchmarks/bench_check.py

docs: .venv/dev  ## write the outputs and the picture of the README anew
	$(BIN)/python tests/readme.py

clean:  ## remove what the other verbs made
	rm -rf .venv .environments .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) --editable .
	@# An editable installation comes without bytecode, which every start would compile anew.
	$(BIN)/python -m compileall -q archcount
	@touch $@

.venv/peers: .venv/dev
	$(PIP) --editable '.[peers]'
	@touch $@

.venv/dev: .venv/runtime
	$(PIP) --editable '.[dev]'
	@touch $@
