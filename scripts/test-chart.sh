#!/usr/bin/env bash
# Tests of the Helm charts: makes what they need ready, or says that it can't, then runs tests/chart.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/ready-binaries.sh chart || { status=$?; [ "$status" -ne 10 ] || exit 0; exit "$status"; }
# Each process has a control plane of its own, and is busy for most of its time.
cores=$(nproc)
[ -n "${PYTEST_ARGS:-}" ] || export PROCESSES=${PROCESSES:-$((cores < 4 ? cores : 4))}
# shellcheck disable=SC2086  # several arguments in one variable, as for `make test`
exec bash scripts/test.sh tests/chart ${PYTEST_ARGS:-}
