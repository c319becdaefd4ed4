# One word each; `make PYTHON=/path/to/python3.12 run` chooses another Python.
PYTHON ?= python3
INSTALL = @$(PYTHON) -m apps.core.servers.install
BIN = .venv/bin
SETS = base embedded dev gpu train

.PHONY: run test check reference bench requirements

# The whole service on this machine, until Ctrl-C.
run:
	$(INSTALL) embedded
	@exec $(BIN)/python manage.py up $(ARGS)

# All tests, on a PostgreSQL and a Valkey of their own; no network.
test:
	$(INSTALL) dev
	@$(BIN)/pytest -n 2 $(ARGS)

# Format, lint, types, import contracts, migrations in step with models, templates, docs.
check:
	$(INSTALL) dev
	@$(BIN)/python -m tests.check

# Write the part of docs/reference that comes from the code.
reference:
	$(INSTALL) dev
	@$(BIN)/python -m tests.docs.reference

# The table of measurements.
bench:
	$(INSTALL) dev
	@$(BIN)/python -m tests.bench $(ARGS)

# Compile every requirements/*.txt from its .in, for all platforms, with hashes.
requirements:
	$(INSTALL) dev
	@for set in $(SETS); do \
	  UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet \
	    --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --override requirements/overrides.txt --output-file requirements/$$set.txt \
	    requirements/$$set.in || exit 1; \
	done
