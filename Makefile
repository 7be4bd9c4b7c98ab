MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
NPX := $(if $(shell command -v npm),npx --no-install,@echo skipped, as npm is missing:)
TEMPLATES = $(shell find balmis -name '*.html')
ONLY ?=
PYTEST = $(BIN)/python -m pytest
DATA ?= ../shared/data

.PHONY: help setup run test test-core test-deep coverage shape check audit format lint types docs bench stress replay messages screenshots lock clean

help: ## List the tasks
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/run-ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@touch $@

.venv/dev-ready: .venv/run-ready requirements-dev.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

.venv/linked: .venv/run-ready pyproject.toml $(wildcard balmis/locale/*/LC_MESSAGES/django.po)
	$(BIN)/python tools/link.py
	$(BIN)/python tools/compile_messages.py
	@touch $@

setup: .venv/run-ready .venv/dev-ready .venv/linked ## Make the environment in .venv

run: .venv/run-ready .venv/linked ## Load the Jeju campaign at full scale and serve it
	$(BIN)/balmis demo
	$(BIN)/balmis serve

test: setup ## Run the test suite (ONE=path::test runs one), about eight minutes on two cores
ifdef ONE
	$(PYTEST) $(ONE)
else
	$(PYTEST) -n 2 -m "not deep"
endif

test-core: setup ## Run the tests of the rules alone: no database, under a minute
	BALMIS_TESTS="without database" $(BIN)/python -m pytest -n 2 tests/core tests/spec

test-deep: setup ## Run whole replays, the stress test and large random budgets
	BALMIS_TESTS=deep $(BIN)/python -m pytest -n 2 -m "deep or random"

coverage: setup ## Run the test suite and measure what it reaches, branches too
	$(BIN)/coverage erase
	$(MAKE) test PYTEST="$(BIN)/coverage run -m pytest"
	$(BIN)/coverage combine -q
	$(BIN)/coverage json -q -o coverage.json
	$(BIN)/python tools/shape.py

shape: setup ## Measure the shape of the house beside its bounds
	$(BIN)/python tools/shape.py

check: setup lint types ## Lint, types, import contracts, migrations, docs, tests, coverage and shape
	$(BIN)/lint-imports
	$(BIN)/python tools/with_database.py $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python tools/docs.py --check
	$(BIN)/python tools/audit.py --sbom build/sbom.json
	$(BIN)/python tools/postgres15.py
	$(MAKE) coverage
	$(BIN)/python tools/shape.py --check

audit: setup ## Known holes, licences and secrets; the list of parts in build/sbom.json (CycloneDX)
	$(BIN)/python tools/audit.py --sbom build/sbom.json

format: setup node_modules/.ready ## Format Python, templates, scripts, styles
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@$(BIN)/djangofmt check --fix $(TEMPLATES)
	@$(BIN)/djangofmt $(TEMPLATES)
	$(NPX) biome check --write .
	$(BIN)/python tools/sql_format.py

lint: setup node_modules/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(BIN)/djangofmt check $(TEMPLATES)
	@$(BIN)/djangofmt --check $(TEMPLATES)
	$(NPX) biome check .
	$(BIN)/python tools/sql_format.py --check

# scripts and styles are formatted by a tool from npm; without npm they are left alone, and it is said
node_modules/.ready: package.json package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --no-fund --no-audit; else mkdir -p node_modules; \
	fi
	@touch $@

types: setup
	$(BIN)/mypy

docs: setup ## Write the generated reference and the drawn parts of ARCHITECTURE.md
	$(BIN)/python tools/docs.py

bench: setup ## Measure (ONLY=prefix selects); one JSON object a line
	@$(BIN)/python -m bench $(ONLY)

stress: setup ## Ten minutes of load with kills (STRESS_SECONDS); figures on each scenario
	@$(BIN)/python -m tests.stress

replay: setup ## Replay Basilicata, Sardinia and Jeju from DATA
	$(BIN)/balmis replay italy --area BAS --data $(DATA)/italy
	$(BIN)/balmis replay italy --area SAR --data $(DATA)/italy
	$(BIN)/balmis replay jeju --data $(DATA)/korea

messages: setup ## Collect messages for translation (needs GNU gettext) and compile them
	$(BIN)/python tools/messages.py

screenshots: setup ## Take the documentation's pictures (needs Chromium)
	$(BIN)/python tools/screenshots.py

lock: setup ## Pin the newest allowed versions of all dependencies
	$(BIN)/python tools/lock.py

clean: ## Remove the environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis node_modules
