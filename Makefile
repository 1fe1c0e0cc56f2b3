# One command each:
#   make run     set up what is missing, then start the page; options go in ARGS: make run ARGS="--port 7870"
#   make setup   all but the start: packages in .venv, the default model in the user's cache
#   make test    set up, then check style and run every test, as continuous integration does
#   make test-all        install Firefox and WebKit (Debian), then run every test, the long ones too
#   make test-architectures   run a tiny model of every architecture of transformers against generate
#   make test-browsers   install Firefox and WebKit (Debian), and run their tests alone
#   make test-cluster    run the browser tests against a fleet of replicas
#   make generated       write what follows from the registry of stages and the table of architectures
#   make models          train the built-in models again (about 30 minutes of one processor core), and write their files
#   make bench   print the measurements
#   make cluster write texts on two replicas of the model on this machine, with Ray; options go in ARGS
# Needs Python 3.11 or later; name one with PYTHON=/path/to/python3.

PIP_VERSION := 26.3
export PIP_DISABLE_PIP_VERSION_CHECK := 1
VENV := .venv
IN_VENV := $(VENV)/bin/python
# Stamps: made when the packages are in, and out of date when the file that lists them changes.
PACKAGES := $(VENV)/.packages
DEV_PACKAGES := $(VENV)/.dev-packages
NPM_PACKAGES := $(VENV)/.npm-packages
CLUSTER_PACKAGES := $(VENV)/.cluster-packages

MODERN := import sys; sys.exit(sys.version_info < (3, 11))
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11
PYTHON ?= $(shell for python in $(CANDIDATES); do "$$python" -c '$(MODERN)' 2>/dev/null && echo "$$python" && break; done)

.PHONY: run setup model test pyright tsc biome test-all test-architectures test-browsers test-cluster generated models bench cluster cluster-packages

# Another model in ARGS spares the default one.
run: $(PACKAGES) $(if $(findstring --model,$(ARGS)),,model)
	@$(IN_VENV) app.py $(ARGS)

setup: $(PACKAGES) model

# Other replicas: make cluster ARGS="--replicas 1:4"
cluster: $(CLUSTER_PACKAGES) model
	@$(IN_VENV) app.py --cluster local --replicas 2 $(ARGS)

cluster-packages: $(CLUSTER_PACKAGES)

model: $(PACKAGES)
	@$(IN_VENV) -m playground.models.default_model

# Two processes, each with its own model, and its own server and Chromium where the tests need them; a file stays in one.
# In the end stand the 15 slowest tests, and each one that was skipped, with the reason.
IN_TWO := -n 2 --dist loadfile --durations 15 -r s
WHICH := -m "not long"
# The checks of the types beside each other.
TYPES := pyright tsc biome
# The other browsers first: a process that came to them later would end its server and its Chromium, and start them again.
BROWSERS := tests/other_browsers tests/browser
test: setup $(NPM_PACKAGES)
	@$(IN_VENV) -m tests.chromium
	$(IN_VENV) -m ruff check
	$(IN_VENV) -m ruff format --check
ifeq ($(ARGS),)
	@$(MAKE) --no-print-directory -j 2 $(TYPES)
	$(IN_VENV) -m pytest $(IN_TWO) $(WHICH) --ignore tests/browser --ignore tests/other_browsers
	$(IN_VENV) -m pytest $(IN_TWO) $(WHICH) --no-loadscope-reorder $(BROWSERS)
else
	$(IN_VENV) -m pytest $(ARGS)
endif

pyright:
	$(IN_VENV) -m tests.npm pyright --warnings

tsc:
	$(IN_VENV) -m tests.npm tsc -p assets/jsconfig.json

biome:
	$(IN_VENV) -m tests.npm biome lint --error-on-warnings assets

test-browsers: setup $(DEV_PACKAGES)
	@$(IN_VENV) -m tests.other_browsers
	$(IN_VENV) -m pytest -rs tests/other_browsers

# After a change of the table in docs/models.py, `make generated` writes the page.
test-architectures: $(DEV_PACKAGES)
	$(IN_VENV) -m pytest -n 2 --dist load tests/test_architectures.py

# The browser tests of a page that asks a fleet. Its replica is in the tests' process, and all that passes is pickled.
test-cluster: setup $(NPM_PACKAGES)
	@$(IN_VENV) -m tests.chromium
	PLAYGROUND_ON_FLEET=1 $(IN_VENV) -m pytest $(IN_TWO) $(WHICH) tests/browser $(ARGS)

# Every test, none skipped for want of a browser.
test-all: setup $(DEV_PACKAGES)
	@$(IN_VENV) -m tests.other_browsers
	@$(MAKE) test WHICH=

# The settings' page, the stages as the page's JavaScript knows them, and the page about models.
generated: $(PACKAGES)
	@$(IN_VENV) -m docs.generate

# Weights and card of assets/built_in/. The seed is fixed; another processor or version of torch rounds differently.
models: $(PACKAGES)
	@$(IN_VENV) -m docs.training

bench: setup $(DEV_PACKAGES)
	@$(IN_VENV) -m tests.chromium
	@$(IN_VENV) -m bench $(ARGS)

$(PACKAGES): requirements.txt requirements-javascript.txt
	@python="$(PYTHON)"; \
	test -n "$$python" || { echo "No Python 3.11 or later was found: install one, or name it with 'make PYTHON=/path/to/python3'."; exit 1; }; \
	"$$python" -c '$(MODERN)' || { echo "$$python is not Python 3.11 or later: name one that is with 'make PYTHON=/path/to/python3'."; exit 1; }; \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null || { echo "$$python cannot make virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv)."; exit 1; }; \
	"$$python" -m venv $(VENV)
	$(IN_VENV) -m pip install --quiet pip==$(PIP_VERSION)
	$(IN_VENV) -m pip install -r requirements.txt
	$(IN_VENV) -m pip install --no-deps -r requirements-javascript.txt
	@touch $@

$(CLUSTER_PACKAGES): requirements-cluster.txt $(PACKAGES)
	$(IN_VENV) -m pip install --quiet -r requirements-cluster.txt
	@touch $@

$(NPM_PACKAGES): package.json $(DEV_PACKAGES)
	@$(IN_VENV) -m tests.npm install
	@touch $@

$(DEV_PACKAGES): pyproject.toml $(PACKAGES)
	$(IN_VENV) -m pip install --quiet --group dev
	@touch $@
