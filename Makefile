# Two commands matter: `make reports` builds everything, `make test` checks everything.
# `make` alone lists all of them.

PYTHON ?= python3
OUT ?= reports
JOBS ?=
SCENARIOS ?=
BIN := .venv/bin
ENV_READY := .venv/.ready

# Recipes take these from the environment: as one word each, whatever they hold. An empty OUT is an error.
export OUT SCENARIOS JOBS

# Our own hash seed and source date keep builds byte-identical from one machine to the next.
export PYTHONHASHSEED := 0
# One thread for each numerical library: the build itself runs in parallel.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help env reports pictures examples test lab explore docs coverage bench data dist clean

help: ## List the commands
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'Variables: SCENARIOS="capacity-800 ..."  JOBS=2  OUT=reports'

# --no-deps: the lock is complete, and pip before 23.3 looks past its pins for packages with extras.
env: $(ENV_READY) ## Make .venv from requirements.lock (once)

$(ENV_READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@if command -v uv >/dev/null 2>&1; then \
	    uv pip install -q --python $(BIN)/python --require-hashes --no-deps -r requirements.lock && \
	    uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	    $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock && \
	    $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

reports: $(ENV_READY) ## Build every report into OUT (HTML, PDF, tables, index)
	@$(BIN)/corridors build $$SCENARIOS --out "$$OUT" $${JOBS:+--jobs "$$JOBS"}

examples: $(ENV_READY) ## Build the studies of examples/ (other continents) into OUT/examples
	@$(BIN)/corridors build examples/*.yaml --out "$$OUT/examples" $${JOBS:+--jobs "$$JOBS"}

test: $(ENV_READY) ## Run all tests (installs Chromium for the browser tests where it can)
	@sh tests/install_browser.sh
	@$(BIN)/python -m pytest -n 2

# A workspace of its own; .jupyter/overrides.json: no news, no look for updates.
lab: $(ENV_READY) ## Open JupyterLab on the notebooks
	@$(BIN)/jupyter lab --config=.jupyter/lab_config.py --ServerApp.root_dir=notebooks --LabApp.app_settings_dir=.jupyter \
	    --LabApp.default_url=/lab/workspaces/corridors/tree/00_explore.ipynb

# Voila shows what the notebook shows, without its code; the folder's scenarios are read and written as in the notebook.
explore: $(ENV_READY) ## Open the explorer alone in a browser, without JupyterLab around it
	@JUPYTER_PATH="$(CURDIR)/.jupyter" $(BIN)/voila notebooks/explorer.ipynb --theme=light --template=explorer

docs: $(ENV_READY) ## Write docs/api.md, docs/architecture.md, docs/results.md, the tables of docs/data.md and digests of tables anew
	@$(BIN)/python -m corridors.data.published
	@$(BIN)/python docs/write_api_page.py
	@$(BIN)/python docs/write_architecture_page.py
	@$(BIN)/python docs/write_data_page.py
	@$(BIN)/python docs/write_results_page.py

coverage: $(ENV_READY) ## Run all tests and say which lines none of them reached
	@$(BIN)/python -m pytest -n 2 --cov=corridors --cov-report=term:skip-covered --cov-report=html:htmlcov

bench: $(ENV_READY) ## Measure side by side with peers (ratios, one run)
	@$(BIN)/python -m benchmarks

data: $(ENV_READY) ## Refresh data/ from the official sources
	@$(BIN)/corridors data refresh all

pictures: reports ## Draw the pictures of README.md from the reports in OUT
	@$(BIN)/python docs/contact_sheet.py "$$OUT"

dist: reports ## One zip to send: PDFs, HTML, index, SHA256SUMS
	@$(BIN)/corridors dist --reports "$$OUT"

clean: $(ENV_READY) ## Remove built reports (only what was built) and caches (keeps .venv)
	@$(BIN)/corridors clean --out "$$OUT"
	@rm -rf .pytest_cache .hypothesis .ruff_cache .mypy_cache .coverage htmlcov benchmarks/out
