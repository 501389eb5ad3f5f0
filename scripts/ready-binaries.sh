#!/usr/bin/env bash
# Makes ready what a suite of tests runs: ready-binaries.sh cluster|chart|node|routes. Where that is neither at hand nor can be
# built, it says so in its last line and ends with 10: the suite is skipped then, which is no failure. A build that fails
# is one.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=$1
python=.venv/bin/python
missing=$("$python" -c "from tests.cluster.binaries import missing; print(*missing('$suite'))")
# Kinds of others, out of their Go modules.
case $suite in chart | routes) kinds=$suite ;; *) kinds="" ;; esac
[ -z "$kinds" ] || missing+=" $("$python" -m tests.chart.kinds "$kinds" missing)"
read -ra names <<<"$missing"
[ ${#names[@]} -gt 0 ] || exit 0
if ! command -v go >/dev/null; then
  echo "The $suite tests were SKIPPED: ${names[*]} missing, and there is no Go to build them with." \
    "Install Go 1.26 or newer (go.dev/dl) and run \`make test-$suite\` again."
  exit 10
fi
"$python" -m tests.cluster.binaries "$suite"
[ -z "$kinds" ] || "$python" -m tests.chart.kinds "$kinds"
