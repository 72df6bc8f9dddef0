# Each target does its own set-up: a virtual environment in .venv, nothing else on the machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VENV_WEB := .venv-web
STAMP := $(VENV)/installed
COMPILED := $(VENV)/compiled
AGENT := tetra_es/remote/agent/*.sh
HOOK := cli/tetra_es_cli/texts/pre-receive.sh
# A worker that has done its part takes over what another one has left.
IN_PARALLEL := -n auto --dist worksteal

.PHONY: help demo test test-thorough test-server test-postgres test-web test-cluster check bench docs lowest coverage nightly clean

help:
	@echo "make demo    do the main job in a new folder, on embedded SQLite"
	@echo "make test    run the tests"
	@echo "make test-thorough    the same with more crashes, examples and processes, as CI does"
	@echo "make test-server    as root: boot a real host with systemd, test deployments on it"
	@echo "make test-postgres    start a PostgreSQL from a wheel, test sharing by it"
	@echo "make test-web    test the pages and the API, with real servers and a real browser"
	@echo "make test-cluster    kill primaries of three nodes under Patroni, with etcd, under load"
	@echo "make check   types, style, architecture, the agent, generated docs, wheel"
	@echo "make bench   measure against git, sqlite3 and the bare interpreter"
	@echo "make docs    write the generated pages and the picture of docs/ again"
	@echo "make lowest  run the tests with the lowest versions of the dependencies"
	@echo "make coverage    run the tests, and say which lines none of them reaches, in processes too"
	@echo "make nightly    what takes hours: 200 crashes, every Python that is found, the benchmarks"

# Compiled as pip does with what it copies: the tests need not do it first.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "tetra-es needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@command -v git >/dev/null || { echo "tetra-es needs git" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q tetra_es projections cli
	@touch $@

# The tests, too, as pytest compiles them: once, where each worker would do it.
$(COMPILED): $(STAMP)
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null || true  # what is wrong, the tests say
	@touch $@

demo: $(STAMP)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo.sh

test: $(STAMP) $(COMPILED)
	$(BIN)/python -m pytest $(IN_PARALLEL)

test-thorough: $(STAMP) $(COMPILED)
	TETRA_ES_THOROUGH=1 TETRA_ES_CRASH_ROUNDS=40 $(BIN)/python -m pytest $(IN_PARALLEL)

test-server: $(STAMP)
	$(BIN)/python -m tests.server test

test-postgres: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --editable '.[dev,postgres,postgres-tests]'
	TETRA_ES_POSTGRES=1 TETRA_ES_THOROUGH=1 TETRA_ES_CRASH_ROUNDS=40 $(BIN)/python -m pytest $(IN_PARALLEL) tests/postgres

# The environment of the other tests has no web package: most people install none.
test-web: $(STAMP)
	$(PYTHON) -m venv $(VENV_WEB)
	$(VENV_WEB)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --editable '.[dev,serve,serve-tests]'
	TETRA_ES_WEB=1 TETRA_ES_THOROUGH=1 $(VENV_WEB)/bin/python -m pytest -q $(IN_PARALLEL) $(wildcard tests/web tests/browser)

test-cluster: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --editable '.[dev,postgres,postgres-tests,cluster-tests]'
	TETRA_ES_CLUSTER=1 $(BIN)/python -m pytest -q -s tests/cluster

# Types of the pages and the API are those of the web packages.
check: $(STAMP)
	$(PYTHON) -m venv $(VENV_WEB)
	$(VENV_WEB)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,serve]'
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(VENV_WEB)/bin/mypy
	$(BIN)/lint-imports
	cat $(AGENT) | $(BIN)/shellcheck -s sh -
	$(BIN)/shellcheck $(HOOK)
	$(BIN)/shfmt --diff --indent 4 --case-indent $(AGENT) $(HOOK)
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/picture.py --check
	$(VENV_WEB)/bin/python docs/api.py --check
	TETRA_ES_THOROUGH=1 $(BIN)/python -m pytest -q tests/packaging tests/docs/test_words.py

bench: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks

docs: $(STAMP)
	$(PYTHON) -m venv $(VENV_WEB)
	$(VENV_WEB)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,serve]'
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/picture.py
	$(VENV_WEB)/bin/python docs/api.py

lowest: $(STAMP)
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint tests/lowest.txt --editable '.[dev]'
	TETRA_ES_OTHER_PYTHON="$(CURDIR)/$(BIN)/python" .venv-lowest/bin/python -m pytest $(IN_PARALLEL)
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint tests/lowest.txt --editable '.[dev,serve]'
	TETRA_ES_WEB=1 .venv-lowest/bin/python -m pytest -q $(IN_PARALLEL) tests/web

coverage: $(STAMP)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(IN_PARALLEL)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

nightly: $(STAMP)
	$(BIN)/python .ci/nightly

clean:
	rm -rf .venv .venv-web .venv-lowest .venv-nightly dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
