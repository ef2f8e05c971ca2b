# Two commands: `make run` to look at it, `make test` to check it. CONTRIBUTING.md says more.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv/bin
# The Node that set-up chose stands first on PATH: what lies in node_modules/.bin looks for it there.
NODE_PATH_FIRST = export PATH="$$(cat .venv/node-path):$$PATH"
FIRST_FAILS = status=0
# Python keeps what it has compiled: the tests start it some thousand times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: wheel translations costs faults fuzz judges mutate simulate help setup setup-run setup-quick setup-test run demo test quick test-all check lock bench model coverage

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# A production machine gets what the program needs and nothing else: no browser, no test package, no system package.
# WHEEL=FILE takes the program from a built wheel, with the .requirements.txt beside it, and needs no Node and no npm.
WHEEL ?=
# -P: import nothing from this folder, which holds the same program in another state.
KEPT = $(if $(WHEEL),.venv-wheel/bin/python -P,$(VENV)/python) -m diary

setup: setup-run ## install what run and demo need, and no tests (WHEEL=FILE: from a built wheel, without Node)

setup-run:
	@$(PYTHON) .ci/setup.py run $(if $(WHEEL),--wheel '$(WHEEL)')

setup-test: setup-quick ## install everything that tests need, programs of the system included
	@$(VENV)/python .ci/tools.py chromium headless-shell qpdf exiftool redis-server rumur witness

setup-quick:
	@$(PYTHON) .ci/setup.py test
	$(VENV)/python .ci/tools.py qpdf exiftool redis-server witness

run: setup-run ## serve on http://localhost:8000, with a fictional diary to open (DEMO=no leaves it out)
	@$(KEPT) migrate
	exec $(KEPT) serve --training $(if $(filter no,$(DEMO)),,--sample)

demo: setup-run ## the whole job without a browser: a fictional diary, a server, a pack
	@mkdir -p var
	$(KEPT) demo --out var/demo-pack.zip --keep var/demo

# One queue for pytest's tests and Node's (tests/scheduling.py, tests/js/conftest.py), the longest first. Three workers
# on two cores: a third of a journey is waiting.
QUEUE = -n 3

# The date of the commit is the date of everything in the files, so that building again gives the same bytes.
wheel: setup-quick ## the wheel, the source archive and the list of packages to install, in dist/
	@$(NODE_PATH_FIRST)
	export SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)}"
	rm -rf dist
	$(VENV)/python -m hatchling build -d dist
	cp requirements.lock "dist/kept-$$($(VENV)/python -m hatchling version).requirements.txt"
	cd dist && sha256sum -- *

test: setup-test ## every journey, one language, one database (about 35 minutes)
	@$(NODE_PATH_FIRST); $(FIRST_FAILS)
	export CHROMIUM="$$($(VENV)/python .ci/tools.py --print chromium)"
	$(if $(ARGS),,$(VENV)/python -m pytest -m 'timed and not slow' || status=1)
	$(VENV)/python -m pytest $(QUEUE) -m 'not slow and not webkit and not firefox and not postgres and not timed' $(ARGS) || status=1
	exit $$status

quick: setup-quick ## no browser, within a minute
	@$(NODE_PATH_FIRST); $(FIRST_FAILS)
	$(VENV)/python -m pytest -q $(QUEUE) -m 'not slow and not webkit and not firefox and not postgres and not browser and not whole' $(ARGS) || status=1
	exit $$status

test-all: setup-test ## test, and real WebKit, matrices, faults and big files
	@$(VENV)/python .ci/tools.py webkit firefox caddy systemd-analyze soffice
	$(NODE_PATH_FIRST); $(FIRST_FAILS)
	export CHROMIUM="$$($(VENV)/python .ci/tools.py --print chromium)"
	$(VENV)/python -m pytest $(ARGS) || status=1
	exit $$status

faults: setup-quick ## kill -9 two hundred times under load, on both databases, and count what is left
	@$(VENV)/python -m tests.faults $(ARGS)

SEEDS = 200
FIRST = 1
simulate: setup-quick ## SEEDS random days of several phones from seed FIRST: nothing that was acknowledged may be lost
	@$(NODE_PATH_FIRST)
	SEEDS=$(SEEDS) FIRST=$(FIRST) node tests/simulation/parallel.mjs

judges: setup-quick ## 5,000 packs changed at random: the program and the page must find the same
	@$(NODE_PATH_FIRST)
	$(VENV)/python -m tests.judges $(ARGS)

SAMPLE = 1000
SEED = 1
AREA = all
mutate: setup-quick ## SAMPLE mutants drawn by SEED from AREA: which changes of the code does no test notice
	@$(NODE_PATH_FIRST)
	$(VENV)/python -m tests.mutations --sample $(SAMPLE) --seed $(SEED) --area $(AREA) $(ARGS)

model: setup-quick ## every state of the protocol's model, and the faults planted in it
	@$(VENV)/python .ci/tools.py rumur
	$(VENV)/python -m tests.model $(ARGS)

SECONDS = 300
fuzz: setup-quick ## every reader of others' bytes, in both languages, with new bytes for SECONDS
	@$(NODE_PATH_FIRST)
	$(VENV)/python -m tests.fuzzing --seconds $(SECONDS) $(ARGS)

check: setup-quick ## ruff, mypy --strict, Biome, tsc, templates, CSS, unused code
	@$(NODE_PATH_FIRST); $(FIRST_FAILS)
	$(VENV)/ruff check . || status=1
	$(VENV)/ruff format --check . || status=1
	$(VENV)/vulture || status=1
	$(VENV)/mypy || status=1
	$(VENV)/mypy --explicit-package-bases tests || status=1
	node_modules/.bin/biome check . || status=1
	node_modules/.bin/tsc -p . || status=1
	node_modules/.bin/tsc -p tsconfig.worker.json || status=1
	node_modules/.bin/tsc -p tests/browser || status=1
	rm -rf var/types; node_modules/.bin/tsc -p tests/tsconfig.types.json || status=1
	node_modules/.bin/tsc -p tests/tsconfig.check.json || status=1
	$(VENV)/python .ci/lint_templates.py || status=1
	node .ci/lint_css.mjs || status=1
	node_modules/.bin/knip --no-progress || status=1
	exit $$status

translations: setup-quick ## take new and changed texts into the catalogues, and list what has no translation yet
	@$(NODE_PATH_FIRST)
	$(VENV)/python .ci/languages.py update

costs: setup-test ## run the suite and record what each file costs, so that the longest start first
	@$(MAKE) test ARGS= KEPT_RECORD_COSTS=1

coverage: setup-quick ## which branches the tests without a browser reach, in both languages, by folder (ARGS="tests/web" for some)
	@$(NODE_PATH_FIRST); $(FIRST_FAILS)
	rm -rf var/coverage; mkdir -p var/coverage/node var/coverage/python
	NODE_V8_COVERAGE=var/coverage/node $(VENV)/coverage run -m pytest -q $(QUEUE) -m 'not slow and not webkit and not firefox and not postgres and not browser and not timed' $(ARGS) || status=1
	$(VENV)/coverage combine -q && $(VENV)/coverage json -q -o var/coverage/python.json
	node_modules/.bin/c8 report --temp-directory var/coverage/node --reports-dir var/coverage --reporter json-summary --all --src static/js --include 'static/js/**/*.js'
	$(VENV)/python -m tests.coverage_table
	exit $$status

bench: setup-test ## the budgets, each as a ratio to its floor in the same run
	@$(NODE_PATH_FIRST)
	export CHROMIUM="$$($(VENV)/python .ci/tools.py --print chromium)"
	$(VENV)/python -m tests.bench $(ARGS)

LOCK = $(VENV)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate
lock: setup-quick ## write the lock files again after a change of pins
	@$(NODE_PATH_FIRST)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --extra setup -o requirements-setup.lock
	$(LOCK) pyproject.toml --extra setup --extra dev -o requirements-dev.lock
	$(LOCK) .ci/node.in -o .ci/node.lock
	$(subst 3.11,3.12,$(LOCK)) .ci/witness.in -o .ci/witness.lock
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund
