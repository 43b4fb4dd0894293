# `make run` and `make test` are all one needs; both install first what is missing. GNU Make 3.81 or newer.
#   PYTHON=python3.12   another interpreter for .venv
#   BACKEND=auto|cpu|cuda|metal|vulkan   another build of llama.cpp; remembered until the next choice

.DEFAULT_GOAL := help
BIN := .venv/bin
INSTALLED := .venv/.installed
PACKAGING := .venv/.packaging
PYTHON_CODE := assistant packaging tests
PYTEST_ARGS ?=
SOAK_MINUTES ?= 10

.PHONY: help
help: ## Say what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(INSTALLED) ## Open the window; without a display chat in the terminal
	@if [ "$$(uname -s)" = Darwin ] || [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; \
		then $(BIN)/famulus-gui; else $(BIN)/famulus; fi

.PHONY: test
test: lint ## Check style, types and architecture, then run the tests
	@sh packaging/system_packages.sh test || echo "Tests that need those packages will be skipped."
	@$(BIN)/pytest $(PYTEST_ARGS)

.PHONY: install
install: $(INSTALLED) ## Set up .venv, with missing system packages and llama.cpp for this machine

.PHONY: lint
lint: $(INSTALLED) ## Check style, types and architecture
	@$(BIN)/ruff check $(PYTHON_CODE)
	@$(BIN)/ruff format --check $(PYTHON_CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pyside6-qmllint --max-warnings 0 -i resources/qml/theme/qmldir $$(find resources/qml -name '*.qml')

.PHONY: format
format: $(INSTALLED) ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix $(PYTHON_CODE)
	@$(BIN)/ruff format $(PYTHON_CODE)

.PHONY: faults
faults: $(INSTALLED) ## Run the long fault injection tests
	@$(BIN)/pytest -m faults $(PYTEST_ARGS)

.PHONY: bench
bench: $(INSTALLED) ## Measure against raw llama.cpp and a bare window; fails where a bar is missed
	@status=0; for bench in tests/bench/[a-z]*.py; do $(BIN)/python "$$bench" || status=1; done; exit $$status

.PHONY: soak
soak: $(INSTALLED) ## Use the window for SOAK_MINUTES, 10 if not said, and watch what grows
	@SOAK_MINUTES="$(SOAK_MINUTES)" $(BIN)/python -m tests.soak.window_soak

.PHONY: screenshots
screenshots: $(INSTALLED) ## Picture every page and state of the window below build/screenshots; README=1 those of the README
	@$(BIN)/python tests/screenshots/render.py $(if $(README),--readme)

.PHONY: deb
deb: $(PACKAGING) ## Build the package for Debian and Ubuntu in dist/
	@$(BIN)/python packaging/bundle.py
	@$(BIN)/python packaging/linux/build_deb.py

.PHONY: check-deb
check-deb: deb ## Install the package in a clean Debian root, use it there without a network, remove it (root)
	@sh packaging/system_packages.sh check-deb
	@sh packaging/linux/check_deb.sh "$$(ls -t dist/famulus_*.deb | head -n 1)"

.PHONY: icons
icons: $(INSTALLED) ## Render the icon in all sizes below build/icons
	@$(BIN)/python packaging/linux/render_icons.py build/icons famulus

.PHONY: translations
translations: $(INSTALLED) ## Collect the words of the interface into resources/i18n and compile the translations
	@$(BIN)/python packaging/translations.py

.PHONY: constraints
constraints: $(INSTALLED) ## Refresh packaging/constraints.txt within the ranges of pyproject.toml
	@$(BIN)/python packaging/refresh_constraints.py

.PHONY: clean
clean: ## Remove .venv and every cache in this folder; built llama.cpp wheels stay in the user's cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find assistant packaging tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A BACKEND other than the installed one, or none installed, makes the install out of date.
installed_backend := $(shell cut -d' ' -f1 .venv/.llama-wheel 2>/dev/null)
ifneq ($(installed_backend),$(or $(BACKEND),$(installed_backend),none))
$(INSTALLED): force
endif

.PHONY: force
force:

$(INSTALLED): pyproject.toml packaging/constraints.txt packaging/install.py packaging/llama_wheel.py \
		packaging/backend.py packaging/system_packages.sh packaging/find_python.sh
	@sh packaging/system_packages.sh
	@"$$(sh packaging/find_python.sh)" packaging/install.py --backend "$(BACKEND)"
	@touch $@

$(PACKAGING): $(INSTALLED)
	@sh packaging/system_packages.sh package
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet \
		--constraint packaging/constraints.txt --editable ".[package]"
	@touch $@
