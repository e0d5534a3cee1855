# Marksight. `make run` and `make test` do all their set-up themselves; `make` alone lists what there is.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

unexport PYTHONDONTWRITEBYTECODE  # tests start hundreds of processes: each would compile all modules anew

.DEFAULT_GOAL := help
.PHONY: help run install demo test lint fmt bench lock clean packages

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install  ## Start Marksight on its own PostgreSQL and Redis
	@exec $(BIN)/marksight up

demo: install  ## The same, with sample parts coming in by themselves
	@exec $(BIN)/marksight up --demo

install: $(VENV)/.installed  ## Make the virtual environment with the pinned dependencies

test: packages $(VENV)/.installed-dev  ## Check everything: style, types, tests, the pages in a browser
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

packages:
	@PYTHON=$(PYTHON) .ci/packages

lint: $(VENV)/.installed-dev  ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

fmt: $(VENV)/.installed-dev  ## Put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: packages $(VENV)/.installed-dev  ## Measure, beside the peers; NAMES="reading intake" picks subjects
	@$(BIN)/marksight bench $(NAMES)

lock: $(VENV)/.installed-dev  ## Write the lock files again from pyproject.toml
	@compile="$(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-annotate --no-header \
	    --python-version 3.11 --override constraints-overrides.txt --extra build" && \
	$$compile --extra dev --output-file requirements-dev.lock && \
	$$compile --constraint requirements-dev.lock --output-file requirements.lock  # what is tested is what is shipped

clean:  ## Remove the virtual environment and the caches (the state folder is left alone)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Marksight needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python requirements.lock pyproject.toml
	@if [ ! -e $(VENV)/.installed-dev ]; then \
	  echo "Installing Marksight into $(VENV) (a minute or two, once) ..."; \
	  $(PIP) install --quiet --no-deps --require-hashes -r requirements.lock && \
	  $(PIP) install --quiet --no-deps --no-build-isolation -e . ; \
	else $(MAKE) --no-print-directory $(VENV)/.installed-dev; fi
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	@echo "Installing Marksight and its test tools into $(VENV) (a minute or two, once) ..."
	@$(PIP) install --quiet --no-deps --no-compile --require-hashes -r requirements-dev.lock  # most of it is never run
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.installed
