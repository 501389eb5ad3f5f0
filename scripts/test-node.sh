#!/usr/bin/env bash
# Tests on two real nodes: containerd, kubelet and the charts in real pods. As root, on Debian 12. Where that can't be,
# it says so in its last line and is no failure. `test-node.sh routes`: those of tests/node/routes in their place.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${1:-node}
if [ "$(id -u)" != 0 ]; then
  echo "The $suite tests were SKIPPED: nodes need root. Run \`sudo make test-$suite\`."
  exit 0
fi
# Containers of some kinds have root without the rights that nodes take.
probe=$(mktemp -d)
mkdir "$probe"/{lower,upper,work,merged}
if ! { ip link add "probe$$" type bridge && ip link delete "probe$$" &&
  mount -t overlay overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" "$probe/merged" &&
  umount "$probe/merged" && nft list tables; } >"$probe/said" 2>&1; then
  why=$(tail -n 1 "$probe/said")
  rm -rf "$probe"
  echo "The $suite tests were SKIPPED: no bridges, overlays or nftables for this root ($why)." \
    "Run \`make test-$suite\` on a machine of its own."
  exit 0
fi
rm -rf "$probe"
bash scripts/ready-binaries.sh "$suite" || { status=$?; [ "$status" -ne 10 ] || exit 0; exit "$status"; }
tests=(tests/node --ignore=tests/node/routes)
[ "$suite" != routes ] || tests=(tests/node/routes)
# In their order, in one process: they share two nodes, and the last one uninstalls.
# shellcheck disable=SC2086  # several arguments in one variable, as for `make test`
exec .venv/bin/pytest --tb=short --show-capture=no -rs --durations=10 -p no:randomly "${tests[@]}" ${PYTEST_ARGS:-}
