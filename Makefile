# Dolmetsch: `make help` lists the targets. Each sets up what it needs and is quick the second time.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
# Aliases of settings, for the make line: make run PORT=9000 MODEL=demo LANGUAGES=en,de
$(foreach name,PORT HOST MODEL LANGUAGES,$(if $(filter command,$(firstword $(origin $(name)))),$(eval export DOLMETSCH_$(name) := $($(name)))))

VENV := .venv
BIN := $(VENV)/bin
# Without bytecode, every process that a target starts would compile all that it imports, seconds each time.
unexport PYTHONDONTWRITEBYTECODE
SOURCES := api core engine-image local operator worker tests bench scripts
UV := $(BIN)/uv
# What real nodes need of Debian.
NODE_PACKAGES := containerd runc containernetworking-plugins iptables nftables catatonit buildah debootstrap docker-registry \
    nginx-light
# What tests need of Debian. libatomic1 is for the program that drives Chromium.
TEST_PACKAGES := chromium fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji libatomic1 postgresql

.PHONY: help run demo test test-plan test-needs fuzz test-cluster cluster-binaries test-chart chart-binaries test-node node-binaries test-routes routes-binaries images check bench lock docs crds chart clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16
	@echo "  Settings on the make line: PORT HOST MODEL (base, tiny.en, demo, a folder) LANGUAGES (en,de,pt)"
	@echo "  and of tests: PYTEST_ARGS, PROCESSES, REPEAT, LOAD, SEED (scripts/test.sh)"

run: $(VENV)/ready .venv-libretranslate/ready ## Run the platform on this machine until Ctrl-C
	@exec $(BIN)/dolmetsch run

demo: $(VENV)/ready .venv-libretranslate/ready ## Platform, a real recording and the page in one go
	@exec $(BIN)/dolmetsch demo

check: $(VENV)/ready ## Format, lint, types, import contracts, generated files, shell scripts, images, charts
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy api core engine-image local operator worker
	$(BIN)/lint-imports
	$(BIN)/python -m dolmetsch_local.settings_table --check docs/settings.md
	$(BIN)/python -m dolmetsch_core.cluster.crds --check crds charts/dolmetsch-crds/templates
	$(BIN)/python scripts/values_schema.py --check charts/dolmetsch
	@bash scripts/lint.sh

test: test-plan $(VENV)/ready .venv-libretranslate/ready test-needs ## All tests but those of cluster and charts; installs what they need
	@bash scripts/test.sh --ignore=tests/cluster --ignore=tests/chart --ignore=tests/node $(or $(PYTEST_ARGS),tests)

test-plan:
	@bash scripts/test-plan.sh $(TEST_PACKAGES)

test-needs: $(VENV)/ready
	@bash scripts/apt-install.sh "for tests" $(TEST_PACKAGES)
	@$(BIN)/python -m dolmetsch_local.models base tiny.en speech >/dev/null

fuzz: $(VENV)/ready .venv-libretranslate/ready ## Schemathesis, 2,000 examples for each operation (ten minutes)
	DOLMETSCH_FUZZ_EXAMPLES=2000 $(BIN)/pytest -s tests/integration/platform/test_fuzz.py

bench: $(VENV)/ready .venv-libretranslate/ready ## Measure side by side; writes a dated table to docs/bench
	$(BIN)/python -m bench.bench

docs: $(VENV)/ready ## Write the generated parts of docs
	$(BIN)/python -m dolmetsch_local.settings_table docs/settings.md

crds: $(VENV)/ready ## Write the CustomResourceDefinitions from the wire models
	$(BIN)/python -m dolmetsch_core.cluster.crds crds charts/dolmetsch-crds/templates

chart: $(VENV)/ready ## Write the schema of the chart's values from their comments
	$(BIN)/python scripts/values_schema.py charts/dolmetsch

chart-binaries: $(VENV)/ready ## Build what the chart tests need into the cache (Go; 3 minutes after cluster-binaries)
	@$(BIN)/python -m tests.cluster.binaries chart
	@$(BIN)/python -m tests.chart.kinds chart

test-chart: $(VENV)/ready ## Tests of the Helm charts on a real API server; needs Go, or the binaries
	@bash scripts/test-chart.sh

cluster-binaries: $(VENV)/ready ## Build the test cluster's binaries into the cache (Go; 11 minutes the first time)
	@$(BIN)/python -m tests.cluster.binaries

test-cluster: $(VENV)/ready .venv-libretranslate/ready ## Tests on a real control plane; needs Go, or the binaries
	@bash scripts/test-cluster.sh

node-binaries: $(VENV)/ready ## Build what the node tests need into the cache (Go; 3 minutes after cluster-binaries)
	@$(BIN)/python -m tests.cluster.binaries node

test-node: $(VENV)/ready .venv-libretranslate/ready ## The charts in real pods on two real nodes; as root, needs Go or the binaries
	@bash scripts/apt-install.sh "for nodes" $(NODE_PACKAGES)
	@bash scripts/test-node.sh

routes-binaries: $(VENV)/ready ## Build what the route tests need into the cache (Go; 10 minutes after node-binaries)
	@$(BIN)/python -m tests.cluster.binaries routes
	@$(BIN)/python -m tests.chart.kinds routes

test-routes: $(VENV)/ready .venv-libretranslate/ready ## The chart's HTTPRoute and Ingress by a real Traefik, on the same nodes; by hand
	@bash scripts/apt-install.sh "for nodes" $(NODE_PACKAGES)
	@bash scripts/test-node.sh routes

images: $(VENV)/ready ## Build the images with docker, podman or buildah (scripts/images.sh), and their bills of materials
	@bash scripts/images.sh $(PREFIX)

lock: $(VENV)/ready ## Pin all requirements again, with hashes
	@PATH=$(BIN):$$PATH bash requirements/lock.sh

clean: ## Remove the environments
	rm -rf .venv .venv-libretranslate .venv-bench

$(VENV)/bin/uv:
	@bash scripts/python-env.sh $(PYTHON)

$(VENV)/ready: requirements/all.txt requirements/uv.txt pyproject.toml | $(VENV)/bin/uv
	@bash scripts/packages.sh
	@touch $@

.venv-libretranslate/ready: requirements/libretranslate.txt | $(VENV)/bin/uv
	@echo "Setting up LibreTranslate's environment (the first time: some 150 MB to download)"
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-libretranslate
	@VIRTUAL_ENV=.venv-libretranslate $(UV) pip sync --require-hashes requirements/libretranslate.txt
	@touch $@
