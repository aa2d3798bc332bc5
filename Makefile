# Everything a person does with this project. `make` alone lists it.
#
# Needs GNU make 3.81 or newer and Python 3.11 or newer, nothing else: whatever a target
# uses is installed into VENV from the lock files first, and only when they have changed.
# Paths are relative, so that the project may lie in a folder with a space in its name.

VENV   ?= .venv
PYTHON ?=
JOBS   ?= $(shell expr `getconf _NPROCESSORS_ONLN` + 2)
BENCH  ?= -m benchmarks.live
ARGS   ?=

PY := $(VENV)/bin/python

# A virtual environment does not survive being moved or copied: it would run the old folder's code.
MOVED := $(shell [ "`cat $(VENV)/.made-in 2>/dev/null`" = "`pwd`" ] || echo FORCE)

.PHONY: help install serve test lint audit sbom schema fuzz bench chaos docs lock clean FORCE
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s%s\n", $$1, $$2 }'
	@echo '  PYTHON=python3.12 chooses the Python, VENV=.venv312 the folder it is set up in.'

install: $(VENV)/.dev ## set up everything that running, testing and changing it needs
	@echo "Ready: 'make serve' serves, 'make test' tests."

serve: $(VENV)/.runtime ## set up what running needs, then serve on http://localhost:8000 (ARGS='--port 9000')
	@$(VENV)/bin/vivavoce serve $(ARGS)

test: $(VENV)/.dev ## run the tests (ARGS='-k words' chooses, JOBS=8 runs more at once)
	@scripts/install-browser $(PY)
	@scripts/install-clients
	@scripts/install-old-clients $(PY)
	@scripts/install-weights $(PY)
	@scripts/install-postgres
	@scripts/install-redis
	@scripts/install-azurite
	@scripts/install-transformers $(PY)
	@scripts/install-deploy-tools
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

schema: $(VENV)/.dev ## try every REST route with some hundreds of requests (EXAMPLES=1000)
	@EXAMPLES=$(or $(EXAMPLES),200) $(PY) -m pytest -n 0 tests/server/rest/test_schema.py $(ARGS)

fuzz: $(VENV)/.dev ## search every decoder for bytes that it stumbles over (ARGS='--seconds 600 form')
	@$(PY) -m fuzz $(ARGS)

lint: $(VENV)/.dev ## check style, types and layers
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-logo

audit: $(VENV)/.dev ## ask what is known to be wrong with what is locked, and with deploy/
	@scripts/install-audit $(PY) audit checkov
	@$(PY) scripts/audit.py; a=$$?; $(PY) scripts/terraform_schema.py && $(PY) scripts/try_image.py && exit $$a

sbom: $(VENV)/.dev ## write down what a default install holds, in dist/ (CycloneDX)
	@scripts/install-audit $(PY) audit
	@scripts/sbom $(PY)

bench: $(VENV)/.dev ## measure beside the peers (ARGS=--quick: without; BENCH=benchmarks/journal.py chooses)
	@$(PY) $(BENCH) $(ARGS)

chaos: $(VENV)/.dev ## break everything for a quarter of an hour and count what is lost (ARGS='--seed 1')
	@scripts/install-postgres
	@scripts/install-redis
	@$(PY) -m chaos $(ARGS)

docs: $(VENV)/.dev ## build the documentation into site/
	@$(VENV)/bin/zensical build --clean --strict

lock: $(VENV)/.dev ## bring the lock files up to pyproject.toml (ARGS=--upgrade: and to the newest a week old)
	@scripts/lock $(VENV)/bin/uv $(ARGS)

clean: ## remove everything that can be made again
	@rm -rf $(VENV) .bench .fuzz .cache .fetched dist site test-results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests benchmarks \( -name __pycache__ -o -name node_modules \) -prune -exec rm -rf {} +

LOCKS := requirements/build.txt requirements/runtime.txt

$(VENV)/.runtime: $(LOCKS) pyproject.toml scripts/setup $(MOVED)
	@scripts/setup $(VENV) '$(PYTHON)' $(LOCKS)
	@touch $@

$(VENV)/.dev: $(LOCKS) requirements/dev.txt pyproject.toml scripts/setup $(MOVED)
	@scripts/setup $(VENV) '$(PYTHON)' requirements/dev.txt
	@touch $(VENV)/.runtime $@
