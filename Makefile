# Everything from nothing but python3 and make. `make run` and `make test` set up what they need; a second call is quick.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STUDY  ?= configs/default.yaml
OUT    ?= results/default

.PHONY: run test lint audit setup clean datapackage docs readme

run: $(VENV)/.run
	$(BIN)/corridor run $(STUDY) --out $(OUT)

test: $(VENV)/.dev
	$(BIN)/pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check corridor tests tools
	$(BIN)/ruff format --check corridor tests tools
	$(BIN)/mypy
	$(BIN)/lint-imports

# Known faults in what is installed; asks the public advisory database
audit: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/pip-audit --skip-editable --strict

# data/datapackage.json, after a change of the tables or of corridor/data/schema
datapackage: $(VENV)/.run
	$(BIN)/python -m tools.bundled_data.datapackage

# docs/data.md and docs/model.md, after a change of schemas or docstrings
docs: $(VENV)/.run
	$(BIN)/python -m tools.docs.schema_text > docs/data.md
	$(BIN)/python -m tools.docs.model_text > docs/model.md

# README's figures and picture and the sample page in maps/, from new runs of both studies; some minutes
readme: $(VENV)/.dev
	$(BIN)/corridor run default --out results/default
	$(BIN)/corridor run pharma --out results/pharma
	$(BIN)/python -m tools.docs.readme_figures results/default
	$(BIN)/python -m tools.docs.pictures results/default results/pharma

setup: $(VENV)/.dev

# The stamps hold the state of the environment: it is made again only when pyproject.toml changes.
$(VENV)/.run: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("corridor needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) results build dist
