# Everything that the targets need is installed into .venv on first use; after that they work offline.
PYTHON ?= python3
BIN := .venv/bin
SECONDS ?= 60
RUNS ?= -1
SEED ?= 1
TARGETS ?= table numbers results inputs arguments
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)
# A file is of one process, so that what its tests share is made once; the doctests come last, which
# are many and small.
TWO := -n 2 --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: table test test-all test-oldest-torch test-torch forensics fuzz peers benchmark bench-check format docs guide site clean

table: .venv/runtime  ## compare GoogLeNet with its paper
	@$(BIN)/archcount table --compare-paper

test: .venv/dev  ## lint, types, import layers, doctests, tests, and one in two hundred of the slow tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(TWO) --slow 0.005 --slow-seed '$(COMMIT)'

test-all: test  ## all slow tests too
	HYPOTHESIS_PROFILE=exhaustive $(BIN)/pytest $(TWO) --slow 1

test-oldest-torch:  ## tests of building and counting with the oldest supported torch
	PYTHON=$(PYTHON) .ci/test-torch

test-torch:  ## the same with another release: make test-torch TORCH=2.14.1
	PYTHON=$(PYTHON) .ci/test-torch $(TORCH)

format: .venv/dev  ## format, and fix what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

forensics: .venv/dev  ## how many planted causes the search finds
	$(BIN)/python tests/planted.py
	$(BIN)/python tests/planted_models.py 100 500

fuzz: .venv/fuzz  ## change tables, numbers, results and options at random: make fuzz SECONDS=600, or RUNS=9 TARGETS=table
	@for target in $(TARGETS); do $(BIN)/python tests/fuzz/driver.py $$target --seconds $(SECONDS) --runs $(RUNS) --seed $(SEED) || exit 1; done

peers: .venv/peers  ## compare archcount and other counters on models counted by hand
	$(BIN)/python benchmarks/peers.py --format md

benchmark: .venv/peers  ## measure speed and memory, and record the results
	$(BIN)/python benchmarks/suite.py

bench-check: .venv/dev  ## compare bench with a bare loop, and built networks with hand-written ones
	$(BIN)/python benchmarks/bench_check.py

docs: .venv/dev  ## regenerate the README and the docs
	$(BIN)/python tests/readme.py

guide: .venv/docs  ## make the guide of docs/ and the docstrings, in build/guide
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -d build/doctrees docs build/guide

site: guide  ## make a site of all tables, with the guide in it, in build/site
	$(BIN)/python -m archcount site --guide guide/index.html -o build/site
	cp -r build/guide build/site/guide

clean:  ## remove what the other targets made
	rm -rf build .venv .environments .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) --editable .
	@# An editable installation comes without bytecode, which every start would compile anew.
	$(BIN)/python -m compileall -q archcount
	@touch $@

.venv/docs: .venv/dev
	$(PIP) --editable '.[docs]'
	@touch $@

.venv/fuzz: .venv/dev
	$(PIP) --editable '.[fuzz]'
	@touch $@

.venv/peers: .venv/dev
	$(PIP) --editable '.[peers]'
	@touch $@

.venv/dev: .venv/runtime
	$(PIP) --editable '.[dev]'
	@touch $@
