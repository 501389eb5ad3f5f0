#!/usr/bin/env bash
# Tests of the Helm charts: makes what they need ready, then runs tests/chart. Where that is neither at hand nor can be
# built, it says so in its last line and is no failure; a build that fails is one.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
missing=$("$python" -c 'from tests.cluster.binaries import missing; print(*missing("chart"))')
missing="$missing $("$python" -m tests.chart.kinds missing)"
if [ -n "${missing// /}" ]; then
  if ! command -v go >/dev/null; then
    echo "The chart tests were SKIPPED: ${missing# } missing, and there is no Go to get them with." \
      "Install Go 1.26 or newer (go.dev/dl) and run \`make test-chart\` again."
    exit 0
  fi
  "$python" -m tests.cluster.binaries chart
  "$python" -m tests.chart.kinds
fi
# Each process has a control plane of its own, and is busy for most of its time.
cores=$(nproc)
[ -n "${PYTEST_ARGS:-}" ] || export PROCESSES=${PROCESSES:-$((cores < 4 ? cores : 4))}
# shellcheck disable=SC2086  # several arguments in one variable, as for `make test`
exec bash scripts/test.sh tests/chart ${PYTEST_ARGS:-}
