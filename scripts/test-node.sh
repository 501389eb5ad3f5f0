#!/usr/bin/env bash
# Tests on two real nodes: containerd, kubelet and the charts in real pods. As root, on Debian 12. Where that can't be,
# it says so in its last line and is no failure.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
  echo "The node tests were SKIPPED: nodes need root. Run \`sudo make test-node\`."
  exit 0
fi
bash scripts/ready-binaries.sh node || { status=$?; [ "$status" -ne 10 ] || exit 0; exit "$status"; }
# In their order, in one process: they share two nodes, and the last one uninstalls.
# shellcheck disable=SC2086  # several arguments in one variable, as for `make test`
exec .venv/bin/pytest --tb=short --show-capture=no -rs --durations=10 -p no:randomly ${PYTEST_ARGS:-tests/node}
