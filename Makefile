# Every target makes what it needs; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# The newest Python that there is, for `make newest`: one of pyenv's, else the same as for the rest.
NEWEST_PYTHON ?= $(lastword $(PYTHON) $(sort $(wildcard $(HOME)/.pyenv/versions/3.1[2-9].*/bin/python3)))
PYTEST := $(BIN)/pytest
# Most of a test on the dev cluster is waiting; those that touch what all share take it alone (tests/real/turns.py).
TOGETHER := -n 6 --maxschedchunk=1
# Of the planted defects, those that e2e looks at.
SAMPLE := plain or quota or bad-rollout or liveness or evict-blocked or stateful-set-image or daemon-set-crash
VERSIONED := tests/unit tests/loopback tests/plugin tests/embedded/kubesim/http
DEVCLUSTER := $(BIN)/python devcluster/run

.PHONY: help attacks chaos test lowest newest wheel package e2e e2e-driver e2e-cluster check bench mutations defects soak clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

.venv-lowest/.installed: pyproject.toml constraints-lowest.txt
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install --quiet --constraint constraints-lowest.txt --editable '.[dev]'
	touch $@

.venv-newest/.installed: pyproject.toml constraints.txt
	$(NEWEST_PYTHON) -m venv .venv-newest
	.venv-newest/bin/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

chaos: $(INSTALLED) ## run the main job: the suite of tests_chaos, on the embedded cluster
	$(PYTEST) tests_chaos

test: $(INSTALLED) ## run the tests that need no cluster
	$(PYTEST) tests/unit tests/loopback tests/plugin tests/embedded tests/scenarios -n 2 --dist worksteal

# What depends on the versions of others: pytest, the official client, aiohttp and msgspec are all used in these.
lowest: .venv-lowest/.installed ## run most of `make test` with the lowest versions of what is depended on
	.venv-lowest/bin/pytest $(VERSIONED) -n 2 --dist worksteal
	.venv-lowest/bin/pytest tests_chaos

newest: .venv-newest/.installed ## run the same with the newest Python of this machine
	.venv-newest/bin/pytest $(VERSIONED) -n 2 --dist worksteal
	.venv-newest/bin/pytest tests_chaos

wheel: $(INSTALLED) ## build wheel and sdist, in the folder dist
	$(BIN)/python -m build

package: $(INSTALLED) ## build wheel and sdist, look into them, install and use them
	$(PYTEST) tests/package

e2e: $(INSTALLED) ## run everything on a real Kubernetes of this machine
	command -v jq >/dev/null || { apt-get update --quiet && apt-get install --yes --quiet jq; } >/dev/null
	$(DEVCLUSTER) --build-only
	$(MAKE) --no-print-directory --jobs=2 --output-sync e2e-driver e2e-cluster

# These two wait most of the time, each for clusters of its own, so they run side by side.
e2e-driver: $(INSTALLED)
	$(PYTEST) tests/devcluster

e2e-cluster: $(INSTALLED)
	$(DEVCLUSTER) -- sh -ec 'kubectl apply -f examples/timeserver.yaml; $(PYTEST) tests_chaos --chaos-context devcluster; exec $(PYTEST) tests/real tests/attacks/test_kubelet.py tests/defects $(TOGETHER) -k "not verdict_is_right or $(SAMPLE)"'

check: $(INSTALLED) ## run the linters, the type checker, the import contracts and the rules of our own
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.sizes src devcluster tests tests_chaos benchmarks conftest.py
	$(BIN)/python -m tests.private tests tests_chaos
	$(BIN)/python -m tests.words src devcluster tests tests_chaos benchmarks examples docs *.md *.ini *.toml conftest.py Makefile
	$(BIN)/python -m tests.density src/kubechaos src/kubesim

attacks: $(INSTALLED) ## kill, pause and cut off the dev cluster's own parts while a kill is judged
	$(DEVCLUSTER) -- $(PYTEST) tests/attacks

bench: $(INSTALLED) ## measure, side by side with what is usual
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.heal
	$(BIN)/python -m benchmarks.growth
	for each in decode listing latency missed crowd recording; do $(BIN)/python -m benchmarks.$$each || exit 1; done
	$(DEVCLUSTER) -- sh -ec 'kubectl apply -f examples/timeserver.yaml; $(BIN)/python -m benchmarks.kills; exec $(BIN)/python -m benchmarks.embedded'

mutations: $(INSTALLED) ## break each rule of the verdict in turn; each must turn a test red
	$(BIN)/python tests/mutations.py

soak: $(INSTALLED) ## kill for half an hour on a real Kubernetes: nothing may be missed, no memory may be lost
	$(DEVCLUSTER) -- sh -ec 'kubectl apply -f examples/timeserver.yaml; exec $(BIN)/python -m benchmarks.soak'

defects: $(INSTALLED) ## plant 137 defects on a real Kubernetes; each verdict must be right, each cause named
	$(DEVCLUSTER) -- $(PYTEST) tests/defects $(TOGETHER)

clean: ## remove what was made here
	rm -rf .venv .venv-lowest .venv-newest dist .mypy_cache .ruff_cache .pytest_cache tests/.pytest_cache .import_linter_cache .hypothesis chaos-results chaos-report.json
