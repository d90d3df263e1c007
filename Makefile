# The commands of this project. Each one sets up what it needs first. `make` lists them.

# Targets work from any directory, and in a directory whose path has spaces.
ROOT := $(if $(filter Makefile,$(MAKEFILE_LIST)),$(CURDIR),$(patsubst %/,%,$(dir $(MAKEFILE_LIST))))
PYTHON ?= python3
RUN := exec ./.venv/bin/python
SETUP := "$(PYTHON)" tools/setup.py
# The native program, which needs no Node; npm installs that of this platform only.
BIOME = ./node_modules/@biomejs/cli-*/biome

# `make requirements UPGRADE=` pins what was added and leaves the other versions.
UPGRADE ?= --upgrade

.DEFAULT_GOAL := help
.PHONY: help run test check bench soak follow-operations check-ui screenshots translations requirements sbom
.SILENT:

help: ## List the targets
	awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' "$(ROOT)/Makefile"
	printf '\n%s\n' '  ARGS passes arguments on, as in: make test ARGS="-k search"'

run: ## Start the desk with an embedded PostgreSQL and demo tickets
	cd "$(ROOT)" && $(SETUP) run && \
	ACCESS_MODE="$${ACCESS_MODE:-open}" $(RUN) manage.py run_local

test: ## Run all tests in parallel
	cd "$(ROOT)" && $(SETUP) dev && $(RUN) -m pytest -n auto $(ARGS)

check: ## Check formatting, lint, types, packages, migrations, templates and scripts
	cd "$(ROOT)" && $(SETUP) dev && \
	.venv/bin/python -m ruff format --check . && \
	.venv/bin/python -m ruff check . && \
	.venv/bin/python -m mypy && \
	{ .venv/bin/python -m bandit --quiet --configfile pyproject.toml --recursive \
	  bounded_postgres config embedded_postgres tickets tools manage.py 2>.build/bandit.log \
	  && ! grep ERROR .build/bandit.log; } && \
	.venv/bin/python tools/audit.py requirements/desk.txt requirements/embedded.txt \
	  requirements/google-generativeai.txt && \
	.venv/bin/python manage.py check --fail-level WARNING && \
	.venv/bin/python manage.py makemigrations --check --dry-run && \
	.venv/bin/python -m djlint --lint --quiet templates && \
	$(BIOME) ci --error-on-warnings

bench: ## Run a benchmark, see bench/__main__.py
	cd "$(ROOT)" && $(SETUP) dev && $(RUN) -m bench $(ARGS)

soak: ## Kill and break the desk for an hour, see docs/soak.md
	cd "$(ROOT)" && $(SETUP) dev && $(RUN) -m bench.soak $(ARGS)

follow-operations: ## Run every command of docs/operations.md with Docker
	cd "$(ROOT)" && $(SETUP) dev && $(RUN) -m bench.operations $(ARGS)

check-ui: ## Measure every page in a browser against the limits in docs/ui.md
	cd "$(ROOT)" && $(SETUP) ui && $(RUN) -m bench.ui check $(ARGS)

screenshots: ## Take the pictures of every page for docs/screenshots
	cd "$(ROOT)" && $(SETUP) ui && $(RUN) -m bench.ui screenshots $(ARGS)

translations: ## Bring the catalogues of translations up to date and compile them
	cd "$(ROOT)" && $(SETUP) dev && $(RUN) -m tools.catalogues

requirements: ## Upgrade and pin the Python packages
	cd "$(ROOT)" && $(SETUP) dev && \
	compile() { list="$$1"; shift; .venv/bin/python -m uv pip compile --quiet --universal --no-strip-extras \
	  --python-version 3.11 $(UPGRADE) --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links --annotation-style line "$$@" \
	  "requirements/$$list.in" --output-file "requirements/$$list.txt"; } && \
	compile dev && \
	compile desk -c requirements/dev.txt && \
	pinned=$$(sed -n 's/^\([A-Za-z0-9._-]*\).*==.*/--no-emit-package \1/p' requirements/desk.txt) && \
	compile embedded -c requirements/dev.txt $$pinned && \
	compile google-generativeai -c requirements/dev.txt $$pinned

sbom: ## Write .build/sbom.cdx.json: all packages with their versions and hashes
	cd "$(ROOT)" && mkdir -p .build && "$(PYTHON)" tools/sbom.py .build/sbom.cdx.json \
	  requirements/desk.txt requirements/embedded.txt requirements/google-generativeai.txt \
	  package-lock.json
