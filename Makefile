# The commands of this project; each sets up what it needs first. See README.md.
#
#   make run     the program with its worker, on embedded PostgreSQL
#   make test    all tests          make check   formatting, lint, types, migrations, templates
#   make bench   the benchmarks     make requirements   pin the packages anew
#   make check-ui   every page in a browser: figures against their limits, see docs/ui.md
#   make screenshots   pictures of every page for docs/screenshots

# Works from any directory, and in one whose path has spaces.
ROOT := $(if $(filter Makefile,$(MAKEFILE_LIST)),$(CURDIR),$(patsubst %/,%,$(dir $(MAKEFILE_LIST))))
PYTHON ?= python3
RUN := exec ./.venv/bin/python
SETUP := "$(PYTHON)" tools/setup.py

.PHONY: run test check bench check-ui screenshots requirements
.SILENT:

run:
	cd "$(ROOT)" && $(SETUP) run && \
	ACCESS_MODE="$${ACCESS_MODE:-open}" $(RUN) manage.py run_local

test:
	cd "$(ROOT)" && $(SETUP) dev && $(RUN) -m pytest -n auto $(ARGS)

check:
	cd "$(ROOT)" && $(SETUP) dev && \
	.venv/bin/python -m ruff format --check . && \
	.venv/bin/python -m ruff check . && \
	.venv/bin/python -m mypy && \
	.venv/bin/python manage.py check --fail-level WARNING && \
	.venv/bin/python manage.py makemigrations --check --dry-run && \
	.venv/bin/python -m djlint --lint --quiet templates

bench:
	cd "$(ROOT)" && $(SETUP) dev && $(RUN) -m bench $(ARGS)

check-ui:
	cd "$(ROOT)" && $(SETUP) ui && $(RUN) -m bench.ui check $(ARGS)

screenshots:
	cd "$(ROOT)" && $(SETUP) ui && $(RUN) -m bench.ui screenshots $(ARGS)

requirements:
	cd "$(ROOT)" && $(SETUP) dev && \
	for list in requirements requirements-dev; do \
	  .venv/bin/python -m uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	    --no-header --no-emit-index-url --no-emit-find-links --annotation-style line \
	    $$list.in --output-file $$list.txt || exit; \
	done
