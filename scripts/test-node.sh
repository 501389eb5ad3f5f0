#!/usr/bin/env bash
# Tests on two real nodes: containerd, kubelet and the charts in real pods. As root, on Debian 12. Where that can't be,
# it says so in its last line and is no failure.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
if [ "$(id -u)" != 0 ]; then
  echo "The node tests were SKIPPED: nodes need root. Run \`sudo make test-node\`."
  exit 0
fi
missing=$("$python" -c 'from tests.cluster.binaries import missing; print(*missing("node"))')
if [ -n "$missing" ]; then
  if ! command -v go >/dev/null; then
    echo "The node tests were SKIPPED: $missing missing, and there is no Go to build them with." \
      "Install Go 1.26 or newer (go.dev/dl) and run \`make test-node\` again."
    exit 0
  fi
  "$python" -m tests.cluster.binaries node
fi
# In their order, in one process: they share two nodes, and the last one uninstalls.
# shellcheck disable=SC2086  # several arguments in one variable, as for `make test`
exec .venv/bin/pytest --tb=short --show-capture=no -rs --durations=10 -p no:randomly tests/node ${PYTEST_ARGS:-}
