#!/usr/bin/env bash
# Tests on a real control plane: makes its binaries ready, or says that it can't, then runs tests/cluster.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/ready-binaries.sh cluster || { status=$?; [ "$status" -ne 10 ] || exit 0; exit "$status"; }
# Each process has a control plane of its own: one more than there are cores, as some of their tests wait.
cores=$(nproc)
[ -n "${PYTEST_ARGS:-}" ] || export PROCESSES=${PROCESSES:-$((cores < 4 ? cores + 1 : 5))}
# shellcheck disable=SC2086  # several arguments in one variable, as for `make test`
exec bash scripts/test.sh tests/cluster ${PYTEST_ARGS:-}
