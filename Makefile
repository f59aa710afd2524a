# One-word commands; each does all the set-up it needs, and a set-up that is done is not done again.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-long fuzz lint format docs bench screens rehearse clean

VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input --retries 10 --timeout 60 --quiet
NPM := web/npm --no-audit --no-fund --no-update-notifier --fetch-retries=5
WEB_SOURCES = $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)

help: ## these lines
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 12

setup: $(VENV)/.packages $(VENV)/.project $(VENV)/.compiled $(VENV)/.debian web/dist/index.html ## Python packages, web build, Debian packages

$(VENV)/.packages: requirements-dev.lock deploy/make-venv
	@deploy/make-venv $(VENV)
	@echo "installing Python packages"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.packages
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.compiled: $(wildcard hall/media/*.py) | $(VENV)/.project
	@echo "compiling the packet path"
	@$(VENV)/bin/python -m hall.media.warm
	@touch $@

# Not root and something missing: the script names it, and set-up goes on; what needs it will say so again.
$(VENV)/.debian: deploy/packages.txt deploy/install-packages | $(VENV)/.packages
	@if deploy/install-packages; then touch $@; fi

$(VENV)/.debian-long: deploy/packages-long.txt deploy/install-packages | $(VENV)/.packages
	@if deploy/install-packages packages-long.txt; then touch $@; fi

web/node_modules/.installed: web/package-lock.json | $(VENV)/.packages
	@echo "installing web packages"
	@$(NPM) ci --loglevel=error
	@touch $@

web/dist/index.html: $(WEB_SOURCES) web/node_modules/.installed
	@echo "building the web client"
	@$(NPM) run build --silent -- --logLevel warn
	@touch $@

demo: setup ## an opening to play yourself, on localhost
	hall demo

test: setup ## all tests, real browsers included
	$(NPM) test --silent
	pytest -m "not long" -n 2 --no-loadscope-reorder --durations 20

test-long: setup $(VENV)/.debian-long ## the tests that take many minutes
	pytest -m long

fuzz: setup ## hostile media for long: RTP, RTCP, STUN and SDP
	pytest -m long tests/integration/media/test_hostile_packets.py

lint: setup ## ruff, mypy --strict, import-linter, vue-tsc, ESLint
	ruff check
	ruff format --check
	mypy
	lint-imports --no-logo
	$(NPM) run lint --silent

format: setup ## puts the Python code into its one format
	ruff check --fix-only --quiet
	ruff format

docs: setup ## rewrites what is printed from the code: parts of docs/, the web client's types
	python docs/printed.py

bench: setup ## one benchmark: make bench BENCH=opening
	@[[ -n "$(BENCH)" ]] || { echo "which one? make bench BENCH=$$(ls bench/*.py | grep -v table | xargs -n1 basename -s .py | paste -sd'|')"; exit 2; }
	PYTHONPATH=. python -m bench.$(BENCH)

screens: setup ## takes the screenshots of docs/screens/ anew
	HALL_SCREENS=docs/screens pytest tests/e2e

rehearse: setup ## plays a whole opening by robots: make rehearse BIDDERS=3
	hall rehearse --bidders $(or $(BIDDERS),3) --out rehearsal

clean: ## removes what make made
	rm -rf $(VENV) web/node_modules web/dist build *.egg-info
