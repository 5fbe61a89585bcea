# Two commands are all one needs: `make run` and `make test`. Everything lives in .venv; nothing else is written outside
# the working tree. A step whose inputs did not change is skipped.

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
export PYTHON
PY := $(VENV)/bin/python
STAMPS := $(VENV)/.stamps
LOCK := $(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --generate-hashes --python-version 3.11 \
        --only-binary :all: --no-annotate --custom-compile-command "make lock"
CHECKED := src tests tools bench
PYTEST := $(PY) -m pytest
PYTEST_ARGS ?=
# What speaks to the database, but for the tests of the embedded one, which bring their own.
OF_DATABASE := tests/domain tests/kernel tests/migrations tests/surfaces tests/architecture/test_catalogue.py \
        --ignore tests/kernel/test_embedded.py --ignore tests/kernel/test_embedded_as_root.py
BENCH_ARGS ?=

.PHONY: help setup packages run serve doctor test test-oldest test-slow check format format-check lint types imports rules docs screenshots \
        bench lock upgrade wheel clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: packages  ## what all others share: .venv from the lock file, page assets
	@$(PY) tools/build_assets.py

packages: $(STAMPS)/project

run: setup  ## set up, then serve the demo tenant; prints the addresses, a sign-in and an API key
	@exec $(VENV)/bin/tenantry demo

serve: setup  ## set up, then serve
	@exec $(VENV)/bin/tenantry serve

doctor: setup  ## what is right and wrong with this installation
	@$(VENV)/bin/tenantry doctor

test: setup check  ## every check and every test except the slow ones
	@$(PY) tools/programs.py chromium curl
	$(PYTEST) -n 2 -m "not slow" $(PYTEST_ARGS)

test-oldest: setup  ## the tests that use the database, on the oldest PostgreSQL that is supported
	$(PY) -m tools.oldest_postgres $(PYTEST) -n 2 -m "not slow" $(OF_DATABASE) $(PYTEST_ARGS)

test-slow: setup  ## the proofs that take long: kill, a million rows
	$(PYTEST) -m slow $(PYTEST_ARGS)

bench: setup  ## the benchmarks: a table, and bench/results/*.json
	@$(PY) -m bench $(BENCH_ARGS)

check: format-check lint types imports rules  ## all checks that run no test

format: packages  ## put every Python file into the one format, and repair what can be repaired
	@$(VENV)/bin/ruff check --quiet --fix-only .
	@$(VENV)/bin/ruff format .

format-check: packages
	@$(VENV)/bin/ruff format --quiet --check . || { echo "run: make format" >&2; exit 1; }

lint: packages
	@$(VENV)/bin/ruff check .

types: packages
	@$(VENV)/bin/mypy $(CHECKED)

imports: packages
	@$(VENV)/bin/lint-imports

rules: packages
	@$(PY) -m tools.checks

docs: packages  ## make the generated pages of docs/ anew
	@$(PY) tools/make_docs.py

screenshots: setup  ## take the pictures of docs/images anew, from a demo tenant
	@$(PY) -m tools.screenshots

lock: packages  ## bring the lock files in line with pyproject.toml
	$(LOCK) --output-file requirements/runtime.lock
	$(LOCK) --extra dev --constraint requirements/runtime.lock --output-file requirements/dev.lock

upgrade: packages  ## the same, with the newest version of everything
	$(LOCK) --upgrade --output-file requirements/runtime.lock
	$(LOCK) --upgrade --extra dev --constraint requirements/runtime.lock --output-file requirements/dev.lock

wheel: setup  ## an installable wheel with the built pages in it, below dist/
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean:  ## remove what make has made, except the data of `make run`
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
	    src/tenantry/surfaces/kit/assets/dist

$(PY):
	@python=$$(sh tools/find_python.sh) && echo "making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)

$(STAMPS)/packages: requirements/dev.lock | $(PY)
	@echo "installing the packages of requirements/dev.lock"
	@$(PY) -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
	    --requirement requirements/dev.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/packages
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
