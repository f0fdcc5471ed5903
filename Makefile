# Everything starts from here: `make run` needs Python 3.11+ and nothing else, `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The tests start hundreds of processes: nothing is compiled twice, whatever the caller's shell says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run migrate drift docs gate bench soak ladder test lint format lock clean python

help:  ## show this list
	@sed -n 's/^\([a-z.]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(VENV)/runtime  ## start database, shim and demo tenant on 127.0.0.1:8000 (HOOKLEDGER_PORT)
	@exec $(BIN)/hookledger run

migrate: $(VENV)/runtime  ## bring the database to this checkout's schema
	@$(BIN)/hookledger migrate

drift: $(VENV)/runtime  ## name what differs between the live database and a fresh build
	@$(BIN)/hookledger drift

docs: $(VENV)/runtime  ## write docs/sql-reference.md from the schema's comments
	@$(BIN)/hookledger docs

gate: $(VENV)/load  ## send 10,000 webhooks through the real ingress, read the truth from the database (ARGS=--help)
	@$(BIN)/hookledger gate $(ARGS)

bench: $(VENV)/load  ## compare with no database, with pgbench and with FastAPI; writes the README's table (ARGS=--quick)
	@$(BIN)/python -m load.bench $(ARGS)

soak: $(VENV)/load  ## steady load for ten minutes: memory, latency (ARGS="--minutes 3")
	@$(BIN)/python -m load.soak $(ARGS)

# The suites run on the embedded PostgreSQL 18 and, where Debian's is installed, beside it on PostgreSQL 15,
# whose output follows at the end. All of them are spread over processes, the files as a whole; what ARGS
# selects runs in one, as everything does on the one server of DATABASE_URL.
PG15 := $(wildcard /usr/lib/postgresql/15/bin/postgres)
SPREAD := --numprocesses 2 --dist loadfile --no-loadscope-reorder
PYTEST := $(BIN)/python -m pytest $(or $(ARGS),$(SPREAD))
test: $(VENV)/dev $(VENV)/load  ## every pytest and pgTAP suite, on PostgreSQL 18 and (if installed) 15
ifdef DATABASE_URL
	$(BIN)/python -m pytest $(ARGS)
	@echo "tested on the server of DATABASE_URL"
else ifneq ($(PG15),)
	@logs=$$(mktemp -d); trap 'rm -rf "$$logs"' EXIT; \
	HOOKLEDGER_TEST_PG=15 $(PYTEST) -p no:cacheprovider >"$$logs/15" 2>&1 & \
	{ HOOKLEDGER_TEST_PG=18 $(PYTEST) 2>&1; echo $$? >"$$logs/code"; } | tee "$$logs/18"; \
	wait $$!; on15=$$?; on18=$$(cat "$$logs/code"); \
	echo; echo "On PostgreSQL 15:"; cat "$$logs/15"; echo; \
	for version in 18 15; do echo "PostgreSQL $$version: $$(grep . "$$logs/$$version" | tail -n 1)"; done; \
	exit $$((on18 + on15))
else
	HOOKLEDGER_TEST_PG=18 $(PYTEST)
	@echo "no PostgreSQL 15 in /usr/lib/postgresql: tested on 18 only"
endif

ladder: $(VENV)/dev  ## webhooks in bulk, eight ways, three sizes; verdicts from the database (ARGS="S9 --seed 7")
	@$(BIN)/python -m load.ladder $(ARGS)

lint: $(VENV)/dev $(VENV)/load  ## ruff, mypy --strict, lock files and generated docs up to date, Dockerfiles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet thin_api/tests/test_locks.py
	$(BIN)/hookledger docs --check
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker/compose.yml

format: $(VENV)/dev  ## let ruff format and sort
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"
lock: $(VENV)/dev  ## resolve the lock files again (ARGS=--upgrade takes newer releases)
	$(UV_COMPILE) $(ARGS) --group build --output-file requirements.lock
	$(UV_COMPILE) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(UV_COMPILE) $(ARGS) --group load --constraint requirements.lock --constraint requirements-dev.lock \
		--output-file requirements-load.lock

clean:  ## remove the virtual environment, the demo database and caches
	@test ! -x $(BIN)/hookledger || ! env -u DATABASE_URL $(BIN)/hookledger dsn superuser >/dev/null 2>&1 \
		|| { echo "the embedded server is running: stop it first (Ctrl-C in its terminal)" >&2; exit 1; }
	rm -rf $(VENV) .hookledger .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find thin_api migrations -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV): $(VENV)/runtime

$(VENV)/bin/python: | python
	@umask 022 && $(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV) (once)"
	@umask 022 && $(PIP) install --require-hashes -r requirements.lock
	@umask 022 && $(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/runtime
	@umask 022 && $(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/load: requirements-load.lock $(VENV)/runtime
	@echo "installing the load tools (once)"
	@umask 022 && $(PIP) install --require-hashes -r requirements-load.lock
	@touch $@

# What a fresh machine may lack, said in one line each.
python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: install Python 3.11 or newer, or make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed (make PYTHON=python3.12 ...)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module: apt-get install python3-venv (Debian, Ubuntu) or use another Python" >&2; exit 1; }
