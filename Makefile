# make run     everything, with a simulated estate       安装并运行
# make test    all checks and tests, real servers        安装并检验
# make check   format, lint, types, import directions
# make lock    pin the newest versions that fit pyproject.toml

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/pip --disable-pip-version-check --quiet
PACKAGES := devices drivers edge_rules gateway simulators tests

.PHONY: run test check format lock

run: $(VENV)/.installed
	@scripts/need.sh mosquitto
	@exec $(VENV)/bin/menshen run

test: check
	@scripts/need.sh mosquitto victoria-metrics chromium cjk-font cc libmosquitto
	@$(VENV)/bin/pytest $(PYTEST)

check: $(VENV)/.installed-dev
	@$(VENV)/bin/ruff format --check --quiet $(PACKAGES)
	@$(VENV)/bin/ruff check --quiet $(PACKAGES)
	@$(VENV)/bin/mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-cache > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }
	@echo "make check: clean"

format: $(VENV)/.installed-dev
	@$(VENV)/bin/ruff format --quiet $(PACKAGES)
	@$(VENV)/bin/ruff check --quiet --fix $(PACKAGES)

$(VENV)/bin/python:
	@scripts/need.sh venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Menshen needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml requirements.lock
	@echo "Installing Menshen's libraries, once 正在安装依赖(仅首次)…"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check > /dev/null || { echo "requirements.lock lacks what pyproject.toml asks for: make lock"; exit 1; }
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

lock: $(VENV)/bin/python
	@$(PIP) install uv
	@for extras in "build requirements.lock" "build,dev requirements-dev.lock"; do \
		set -- $$extras; \
		$(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 \
			--generate-hashes --no-header --no-annotate --quiet --upgrade \
			$$(for extra in $${1//,/ }; do echo --extra $$extra; done) --output-file $$2; \
	done
