# Needs GNU make (3.81 or newer) and a POSIX sh. Every path is relative: the folder may have spaces and Chinese in its name.
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help demo test check golden docs pins bench mutants clean again
.NOTPARALLEL: # two targets must not set .venv up at the same time

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/.core ## run the example scenario (needs no developer tools)
	@.venv/bin/lianjian run scenarios/tianqiao.yaml
	@echo "Look in results/tianqiao: the table is answer.md, the figures are in figures/."

test: .venv/.installed ## every test, a file on each processor at a time
	.venv/bin/python -m pytest -n logical --dist loadfile

check: .venv/.installed ## format, lint, types, layers and the fast tests
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/python -m pytest -m 'not slow'

golden: .venv/.installed ## write the golden numbers anew (a commit of its own, with a line in CHANGELOG)
	.venv/bin/python -m tests.golden

docs: .venv/.installed ## write the generated pages anew
	.venv/bin/python -m docs.generate

bench: .venv/.installed ## measure speed
	.venv/bin/python benchmarks/speed.py

mutants: .venv/.installed ## put errors into the rules, one by one; which does no test notice?
	.venv/bin/python tests/mutants.py

# uv, because pip cannot resolve for several Pythons at once; in a folder thrown away, because nothing else needs it.
pins: ## write constraints.txt anew with the newest releases pyproject.toml allows
	@$(right_python); uv=$$(mktemp -d) && trap 'rm -rf "$$uv"' EXIT && "$(PYTHON)" -m venv "$$uv" && "$$uv/bin/python" -m pip install -q uv && \
	"$$uv/bin/uv" pip compile -q --upgrade --universal --python-version 3.11 --no-header --no-annotate --extra dev \
		pyproject.toml -o constraints.txt

clean: ## remove .venv, caches and build output; results stay
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- .venv: set up once; while its stamps are fresh nothing below runs, so nothing needs a network.
#   .venv/.core       core dependencies are in; holds the folder .venv was made for
#   .venv/.installed  the developer tools too
# Stamps are removed before pip starts and written after it succeeded: a .venv without .core is half made, and made anew.

right_python = { "$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	echo "lianjian needs Python 3.11, 3.12 or 3.13; $(PYTHON) is" \
	"$$(command -v "$(PYTHON)" >/dev/null && "$(PYTHON)" --version 2>&1 || echo missing)." \
	"Name one you have, for example: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; }

# A .venv holds absolute paths: in a folder moved or copied it would run the old folder's code. The Python counts if one was named.
fits = { [ "$$(cat .venv/.core 2>/dev/null)" = "$$(pwd -P)" ] && [ -x .venv/bin/python ] \
	$(if $(filter-out file,$(origin PYTHON)),&& [ "$$("$(PYTHON)" --version 2>&1)" = "$$(.venv/bin/python --version)" ]); }
ifneq ($(shell $(fits) || echo no),)
.venv/.core .venv/.installed: again
endif

# $(1): what pip installs. The first line: in `make test demo` both stamps wait for `again`, and the first recipe makes both.
define set_up
	@[ -z "$(filter-out again,$?)" ] && $(fits) && exit 0; \
	$(fits) || { $(right_python); rm -f .venv/.core && "$(PYTHON)" -m venv --clear .venv; } || { \
		echo "No .venv could be made; the reason stands above." >&2; exit 1; }; \
	rm -f .venv/.core .venv/.installed; \
	echo "Setting up .venv (once; a minute or two and some 800 MB) ..."; \
	.venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '$(1)' || { \
		echo "The set-up failed; pip's reason stands above. If it is the network, see that pip can reach its package index" \
		"(proxy, mirror: 'pip config list'); then run make again, which starts afresh." >&2; exit 1; }; \
	pwd -P > .venv/.core; $(2)
endef

.venv/.core: constraints.txt pyproject.toml
	$(call set_up,.)

.venv/.installed: constraints.txt pyproject.toml
	$(call set_up,.[dev],touch .venv/.installed)
