# Verbs without logic: what they need is found or made by setup.sh, and said in one line.
.DEFAULT_GOAL := help
PY := .venv/bin/python
READY := .venv/.ready

.PHONY: help setup up test check conform products examples bench docs

help:      ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 16

$(READY): pyproject.toml .python-version setup.sh
	@sh ./setup.sh gate
	@touch $@

$(READY)-dev: pyproject.toml .python-version setup.sh
	@sh ./setup.sh dev
	@touch $@ $(READY)

setup: $(READY)-dev      ## find or get Python 3.13, make .venv, install everything for development

up: $(READY)      ## run the gate and its console
	@.venv/bin/stairgate up $(ARGS)

test: check      ## check, then every test
	@$(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

check: $(READY)-dev      ## format, lint, types, the wall
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

conform: $(READY)-dev      ## examine Stairgate in the closed lab
	@.venv/bin/stairgate conform run --product conformance_tests/products/stairgate.yaml $(ARGS)

products: $(READY)-dev      ## install the strangers the examiner is tried on (needs apt)
	@sh conformance_tests/products/install.sh

examples: $(READY)-dev      ## examine the eight products and put them side by side (a quarter of an hour)
	@PATH="$$PWD/.venv/bin:$$PATH" sh examples/compare_products.sh $(ARGS)

bench: $(READY)-dev      ## every benchmark, one table each
	@for b in benchmarks/bench_*.py; do $(PY) $$b $(ARGS) || exit 1; done

docs: $(READY)-dev      ## regenerate what the documentation generates
	@$(PY) docs/generate.py
