# Every target works from a fresh clone with nothing activated. DATA_DIR= and PORT= are passed on to traceflow.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DATA_DIR ?=
PORT ?=
IN_DIR := $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")
ON_PORT := $(if $(PORT),--port $(PORT))
PYTEST := $(BIN)/python -Im pytest
NODE := sh tools/with_node.sh $(BIN)
WEB := serve/web_files/.built
WEB_SOURCES := $(shell find sdks/web dashboard \( -name node_modules -o -name dist \) -prune -o -type f -print)

.DEFAULT_GOAL := help
.PHONY: help install web services up down demo status doctor test check unit integration browser e2e bench-ingest bench-web record-pages screenshots recordings lock clean

help:            ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -e 's/:.*## */\t/' | expand -t 16

$(INSTALLED): requirements.lock pyproject.toml tools/preflight.sh
	@sh tools/preflight.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --compile --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)

$(WEB): $(WEB_SOURCES) tools/build_web.sh | $(INSTALLED)
	@$(NODE) sh tools/build_web.sh
	@touch $(WEB)

install: $(INSTALLED) $(WEB)  ## make the virtual environment, build the web SDK and the dashboard

web: $(WEB)      ## build the web SDK and the dashboard (Node on PATH, or one from a wheel)

services: install  ## find or build the servers that the stack and its tests need, once per user
	-@$(BIN)/traceflow services temporal minio

up: install      ## start the stack and stay in the foreground
	@$(BIN)/traceflow up $(IN_DIR) $(ON_PORT)

$(BIN)/traceflow:
	@$(MAKE) install

down: | $(BIN)/traceflow  ## stop the stack; nothing is lost
	@$(BIN)/traceflow down $(IN_DIR)

demo: install    ## start the stack and tell the story of one session
	@$(BIN)/traceflow demo $(IN_DIR) $(ON_PORT)

status: | $(BIN)/traceflow  ## show the components
	@$(BIN)/traceflow status $(IN_DIR)

doctor: | $(BIN)/traceflow  ## check everything and name the fix
	@$(BIN)/traceflow doctor $(IN_DIR)

check: install   ## format, lint, types, import contracts, unit and contract tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	for package in sdks/web dashboard; do \
	  for script in check test; do $(NODE) npm --prefix $$package run --silent $$script || exit 1; done; \
	done
	$(NODE) npm --prefix sdks/web run --silent size
	$(PYTEST) tests/unit tests/contract tests/replay -m "not integration and not e2e"

integration: services  ## adapters against real servers
	$(PYTEST) tests -m integration

browser: install ## the web SDK in a real browser, against a receiver that misbehaves
	$(NODE) npm --prefix sdks/web run --silent test:browser

e2e: services browser  ## the whole path through the command line and the browser
	$(PYTEST) tests -m e2e

test: services check browser  ## everything, real components included
	$(PYTEST) tests -m "integration or e2e"

bench-ingest: services  ## measure ingest against its peers, as ratios
	$(BIN)/python -m benchmarks.ingest

bench-web: services  ## measure the web SDK and the dashboard
	$(BIN)/python -m benchmarks.web

record-pages: services  ## record 20 kinds of pages and compare what was sent, stored and replayed
	$(BIN)/python -m tools.record_pages

screenshots: install  ## take the README's pictures (SESSION=, a running demo)
	$(BIN)/python -m tools.screenshots $(SESSION) $(IN_DIR)

recordings: install  ## record the demo shop anew (needs Node and Chromium)
	cd tools/record_demo && npm ci --no-audit --no-fund && node record.mjs

lock:            ## resolve requirements.lock anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --extra dev --extra demo --extra notebooks pyproject.toml -o requirements.lock

clean:           ## remove what was built here (data directories stay)
	rm -rf $(VENV) $(WEB) serve/web_files/sdk serve/web_files/dashboard build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
