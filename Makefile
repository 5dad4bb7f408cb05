# make demo   sets everything up and opens the program on the built-in simulator
# make test   sets everything up and passes every gate
PYTHON ?= python3
VENV   ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test setup check types imports tests pythons bench pictures sdk lock clean

demo: $(VENV)/.runtime
	@$(BIN)/cipp-tui demo

test: setup check types imports tests pythons

setup: $(VENV)/.dev

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

tests: setup
	$(BIN)/pytest -n 2 --dist loadgroup

# Every other Python from 3.11 on that the machine has: the screen starts, one job, quit.
pythons: setup
	$(BIN)/python -m tests.e2e.other_pythons

bench: setup $(VENV)-sdk/.ready
	$(BIN)/python -m bench

pictures: setup
	$(BIN)/python -m bench.pictures

sdk: $(VENV)-sdk/.ready
	$(VENV)-sdk/bin/pytest -m sdk tests/sdk

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml requirements/build.in -o requirements/runtime.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml requirements/build.in requirements/dev.in -o requirements/dev.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml requirements/build.in requirements/dev.in requirements/sdk.in -o requirements/sdk.lock

$(VENV)/bin/python $(VENV)/Scripts/python.exe:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "cipp-tui needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

ifeq ($(OS),Windows_NT)
INTERPRETER := $(VENV)/Scripts/python.exe
else
INTERPRETER := $(VENV)/bin/python
endif

$(VENV)/.runtime: $(INTERPRETER) pyproject.toml requirements/runtime.lock
	@echo "Installing what cipp-tui needs (once)"
	$(PIP) install --require-hashes -r requirements/runtime.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(INTERPRETER) pyproject.toml requirements/dev.lock
	$(PIP) install --require-hashes -r requirements/dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

$(VENV)-sdk/.ready: pyproject.toml requirements/sdk.lock
	$(PYTHON) -m venv $(VENV)-sdk
	$(VENV)-sdk/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/sdk.lock
	$(VENV)-sdk/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-sdk $(VENV)-3.* dist build
