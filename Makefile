# `make demo` screens an example patient against every trial; `make test` runs everything that must pass.
# Both make their own environment in .venv and need nothing but Python 3.11 or newer, git and make.

VENV := .venv
BIN := $(VENV)/bin
EXAMPLE ?= $(firstword $(sort $(wildcard examples/patients/*.json)))
JOBS ?= 2

# The first interpreter that is new enough and can make an environment; `make test PYTHON=/path/to/python3` chooses one.
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python /usr/bin/python3
PYTHON ?= $(firstword $(foreach each,$(CANDIDATES),$(shell $(each) -c '$(SUITABLE)' 2>/dev/null && echo $(each))))

# Compiled modules halve the start of every process; some environments switch them off.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test style types tests golden long bench locks clean

demo: $(VENV)/installed
	$(BIN)/screen $(EXAMPLE)
	@echo
	@echo "Next, the same as a page, with the chart review to tick and a checklist to sign for each trial:"
	@echo "  $(BIN)/screen $(EXAMPLE) --html page.html"

test: style types tests

style: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

tests: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n $(JOBS)

# Write the golden reports of the example patients anew; look at the difference before committing it.
golden: $(VENV)/installed-dev
	$(BIN)/python tests/golden/renew.py

# The longer profile of the law of the engine and of the oracle, with fresh random rules and records each time.
long: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n $(JOBS) --hypothesis-profile=long tests/properties tests/reference tests/language

bench: $(VENV)/installed-dev
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/evaluate.py
	$(BIN)/python benchmarks/margins.py
	$(BIN)/python benchmarks/load.py
	$(BIN)/python benchmarks/fhir.py
	$(BIN)/python benchmarks/sheet.py
	$(BIN)/python benchmarks/report.py
	$(BIN)/python benchmarks/when.py
	$(BIN)/python benchmarks/advice.py
	$(BIN)/python benchmarks/useful.py
	$(BIN)/python benchmarks/terminology.py
	$(BIN)/python benchmarks/export.py
	$(BIN)/python benchmarks/cohort.py
	$(BIN)/python benchmarks/worklist.py

# What the tests run with, what the wheel brings, and the latter as a bill of materials (CycloneDX). After a change of the
# dependencies, and now and then.
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --quiet
locks: $(VENV)/created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv cyclonedx-bom
	$(LOCK) --upgrade --extra dev --output-file locks/tests.txt
	$(LOCK) --upgrade --output-file locks/wheel.txt
	rm -rf $(VENV)/wheel
	$(PYTHON) -m venv --without-pip $(VENV)/wheel
	$(BIN)/python -m pip --python $(VENV)/wheel/bin/python install --quiet --require-hashes --requirement locks/wheel.txt
	$(BIN)/cyclonedx-py environment $(VENV)/wheel/bin/python --pyproject pyproject.toml --mc-type library \
	  --output-reproducible --output-file locks/wheel.cdx.json

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/installed: pyproject.toml $(VENV)/created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

# The tests run with exactly what locks/tests.txt names.
$(VENV)/installed-dev: pyproject.toml locks/tests.txt $(VENV)/created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/tests.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@ $(VENV)/installed

$(VENV)/created:
	@test -n "$(PYTHON)" || { \
	  echo "screener needs Python 3.11 or newer with its venv module, and none was found" >&2; \
	  echo "help: install one (on Debian: python3 and python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@
