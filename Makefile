# make run: the app. make test: every test that fits into 25 minutes. make test-slow: the rest.
PORT ?= 8501
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-slow lint format

run: $(VENV)/.installed
	$(BIN)/python -m streamlit run app.py --server.port $(PORT) --server.headless true

test: $(VENV)/.installed-dev $(VENV)/.browser lint
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --ignore tests/browser --ignore tests/components
	$(BIN)/python -m pytest -m "not slow" tests/browser tests/components

test-slow: $(VENV)/.installed-dev $(VENV)/.browser
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(VENV)/.browser: tests/browser/install.sh | $(VENV)/.installed-dev
	sh tests/browser/install.sh $(BIN)/python
	touch $@
