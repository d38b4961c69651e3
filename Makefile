# Every daily command of Relto. `make` alone lists them.

VENV   ?= .venv
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$p"; break; }; done)
BIN    := $(VENV)/bin
WORKERS ?= logical
ARGS   ?=

# The lock pins everything by hash; nothing is resolved while installing.
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
PIP_COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.DEFAULT_GOAL := help
.PHONY: help env demo test check lint form types floors pages house format docs pictures bench wheel lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(VENV)/.developer ## make the environment: what Relto, its tests and its checks need

demo: $(VENV)/.runtime ## make the demonstration world, and serve it on 127.0.0.1:8421
	@$(BIN)/relto demo $(if $(RELTO_DATA),,--data .demo) $(ARGS)

test: $(VENV)/.developer ## run all tests, on both engines (ARGS="-k pause" to choose)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: lint form types floors pages house ## lint, form, types, floors, generated pages and house rules

lint: $(VENV)/.developer
	$(BIN)/ruff check

form: $(VENV)/.developer
	$(BIN)/ruff format --check

types: $(VENV)/.developer
	$(BIN)/mypy

floors: $(VENV)/.developer
	$(BIN)/lint-imports --no-cache

pages: $(VENV)/.developer
	$(BIN)/python docs/generate.py --check

house: $(VENV)/.developer
	$(BIN)/pytest -q tests/house

format: $(VENV)/.developer ## put the source into the form that `make check` asks for
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: $(VENV)/.developer ## write the generated pages of docs/reference anew, and what the examples print
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/examples.py --write

pictures: $(VENV)/.developer ## take the pictures of the console that README.md shows, with this machine's Chromium
	$(BIN)/python docs/pictures.py

bench: $(VENV)/.developer ## measure side by side with what one would take instead (ARGS="--help" for more)
	$(BIN)/python -m bench.run $(ARGS)

wheel: $(VENV)/.developer ## build dist/relto-*.whl
	$(BIN)/python -m build --wheel --no-isolation

lock: $(VENV)/.developer ## pin anew what pyproject.toml asks for
	$(PIP_COMPILE) --upgrade --build-deps-for editable --output-file requirements.lock pyproject.toml
	$(PIP_COMPILE) --upgrade --build-deps-for editable --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml

clean: ## remove the environment and all that was made
	rm -rf $(VENV) .demo build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Relto needs Python 3.11 or later" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "this Python makes no environments: on Debian, apt-get install python3-venv" >&2; exit 1; }

# Two stamps, so that nothing is done when nothing has changed, and a demonstration needs no test tools. The install
# is editable: the source is what runs.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --require-hashes --requirement requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.developer: requirements-dev.lock $(VENV)/.runtime
	$(PIP_INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@
