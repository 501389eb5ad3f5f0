#!/usr/bin/env bash
# Tests on a real control plane: makes its binaries ready, then runs tests/cluster. Where they neither are at hand
# nor can be built, it says so in its last line and is no failure; a build that fails is one.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
missing=$("$python" -c 'from tests.cluster.binaries import missing; print(*missing())')
if [ -n "$missing" ]; then
  if ! command -v go >/dev/null; then
    echo "The cluster tests were SKIPPED: $missing missing, and there is no Go to build them with." \
      "Install Go 1.26 or newer (go.dev/dl) and run \`make test-cluster\` again."
    exit 0
  fi
  "$python" -m tests.cluster.binaries
fi
# Each process has a control plane of its own: one more than there are cores, as some of their tests wait.
cores=$(nproc)
[ -n "${PYTEST_ARGS:-}" ] || export PROCESSES=${PROCESSES:-$((cores < 4 ? cores + 1 : 5))}
# shellcheck disable=SC2086  # several arguments in one variable, as for `make test`
exec bash scripts/test.sh tests/cluster ${PYTEST_ARGS:-}
