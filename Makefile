# A fresh machine with Python >= 3.11 and make is all that is needed: every target sets up .venv first, once.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The first interpreter that runs and is new enough; tested are 3.11 and 3.12. Override: make demo PYTHON=/path/to/python
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)

# Interpreters, of which the tests start many, begin faster with the compiled files of the last one.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all lint format docs bench wheel lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "mmfusion needs Python >= 3.11 on PATH; name one with: make PYTHON=/path/to/python"; exit 1; fi
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) with $$($(BIN)/python --version); several minutes and about 6 GB, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=24"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q mmfusion  # the command line answers faster
	@touch $(READY)

setup: $(READY)  ## make .venv from requirements.lock and install mmfusion in it (every other target does this itself)

demo: $(READY)  ## train the default experiment on embedded data: no download, no account, about a minute
	@$(BIN)/mmfusion train

test: $(READY)  ## run the tests, in which every two options meet
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

test-all: $(READY)  ## run the tests with every combination of options
	@$(BIN)/python -m pytest -n auto --dist loadgroup --full $(ARGS)

lint: $(READY)  ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)  ## format the code and apply ruff's safe fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(READY)  ## write docs/reference.md, the page of every option, and conf/schema.json, for the check and for editors
	@$(BIN)/python scripts/make_schema.py
	@$(BIN)/python scripts/make_reference.py

bench: $(READY)  ## run the benchmarks; the seed loop's needs ../shared/data (about half an hour in all)
	@$(BIN)/python scripts/bench_cli.py
	@$(BIN)/python scripts/bench_step.py
	@$(BIN)/python scripts/bench_seed_loop.py

wheel: $(READY)  ## build dist/*.whl
	@$(BIN)/python -m build --no-isolation --wheel

lock: $(READY)  ## write requirements.lock from what .venv holds now
	@$(BIN)/python scripts/make_lock.py

clean:  ## remove caches and builds; keeps .venv and outputs
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
