# make test: everything that must hold.  make demo: the whole product on this machine.
# Both need nothing but Python 3.11 or newer; DATABASE_URL and REDIS_URL are used when they are set.

# The system's own first: distributions optimise theirs by a profile, which one built from source seldom is, and
# everything here takes a sixth less time.
PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
RUN := .venv/bin/python
PORT ?= 8000
# One more than there are cores: much of a test is waiting for a browser or a server.
WORKERS = $(shell $(RUN) -c 'import os; print(min(os.cpu_count() + 1, 4))')
# The site's processes are started by the dozen, and none should have to compile the source again.
unexport PYTHONDONTWRITEBYTECODE
# What the checks of a production start want to see; nothing is contacted.
PRODUCTION := DJANGO_SETTINGS_MODULE=config.settings.production ENV_FILE=/dev/null \
	SECRET_KEY=$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	DATABASE_URL=postgres:///unused REDIS_URL=redis://unused ALLOWED_HOSTS=fanal.example \
	SITE_URL=https://fanal.example EMAIL_URL=smtp://unused STRIPE_SECRET_KEY=sk_live_unused STRIPE_PUBLISHABLE_KEY=pk_live_unused \
	STRIPE_WEBHOOK_SECRET=whsec_unused STRIPE_API_BASE=https://api.stripe.com

.PHONY: help test lint checks demo bench drill lock clean venv chromium

help:
	@echo "make demo   run the whole site at http://127.0.0.1:$(PORT)"
	@echo "make test   format, lint, types, layers, templates, checks and all tests"
	@echo "make bench  measure slots, pages, settlement and deliveries; make drill  race for slots, kill payments and deliveries"
	@echo "make lock   pin the dependencies again; make clean  remove .venv, var and caches"

venv:
	@mkdir -p var
	@cmp -s requirements.lock .venv/installed.lock || $(MAKE) -s install

.PHONY: install
install:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed, and none was found: install it (on Debian and Ubuntu with the package python3-venv), or say make PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older or missing." >&2; exit 1; }
	@echo "Installing into .venv (a minute or two, once for each requirements.lock)"
	@test -x $(RUN) && $(RUN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv >/dev/null 2>&1 || { rm -rf .venv; \
		echo "$(PYTHON) can't make a virtual environment: on Debian and Ubuntu, install the package python3-venv." >&2; exit 1; }
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock || { \
		echo "The dependencies could not be installed (the reason is above): check the connection and run make again." >&2; exit 1; }
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@cp requirements.lock .venv/installed.lock

lint: venv
	@echo "Format, lint, types, layers, templates"
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy .
	@.venv/bin/lint-imports > var/lint-imports.txt || { cat var/lint-imports.txt; exit 1; }
	@.venv/bin/djlint templates --lint --check --quiet || { echo "Templates: .venv/bin/djlint templates --reformat puts the format right."; exit 1; }

checks: venv
	@echo "Migrations, production checks, a migrated database for the tests"
	@$(RUN) -m config.embedded var/test env DJANGO_SETTINGS_MODULE=config.settings.demo sh -c \
		'$(RUN) manage.py makemigrations --check --dry-run && \
		DJANGO_SETTINGS_MODULE=config.settings.test $(RUN) -m tests.databases'
	@$(PRODUCTION) $(RUN) manage.py check --deploy --fail-level WARNING

chromium: venv
	@$(RUN) -m tests.chromium

test: venv
	@$(MAKE) -s --jobs=2 lint checks chromium
	@.venv/bin/pytest --quiet --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

demo: venv
	@$(RUN) -m config.demo

bench: venv
	@$(RUN) -m config.embedded var/bench $(RUN) -m benchmarks.slots
	@$(RUN) -m config.embedded var/bench $(RUN) -m benchmarks.money
	@$(RUN) -m config.embedded var/bench $(RUN) -m benchmarks.notifications

drill: venv
	@$(RUN) -m config.embedded var/drill $(RUN) -m benchmarks.races
	@$(RUN) -m config.embedded var/drill $(RUN) -m benchmarks.money_drill
	@$(RUN) -m benchmarks.notifications_drill
	@HYPOTHESIS_PROFILE=drill .venv/bin/pytest --quiet tests/booking/test_slots_oracle.py \
		tests/booking/test_picker_and_hold.py tests/booking/test_claims_stateful.py \
		tests/payments/test_late_payments.py tests/payments/test_money_stateful.py

lock: venv
	@$(RUN) -m pip install --quiet uv
	@.venv/bin/uv pip compile --quiet pyproject.toml --extra dev --generate-hashes --universal \
		--python-version 3.11 --no-header --no-annotate -o requirements.lock

clean:
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
