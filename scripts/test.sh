#!/usr/bin/env bash
# All tests but the cluster's. Those that need no whole platform run beside the others, which mostly wait for speech.
# With arguments (PYTEST_ARGS of `make test`) it is one run.
set -euo pipefail
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
if [ $# -gt 0 ]; then
  exec "$pytest" --ignore=tests/cluster "$@"
fi
beside=(tests/unit tests/integration/{api,archive,core,engine,local,worker})
log=$(mktemp)
"$pytest" "${beside[@]}" >"$log" 2>&1 &
other=$!
trap 'kill "$other" 2>/dev/null || true; rm -f "$log"' EXIT
echo "Beside these tests run those of ${beside[*]}: what they say comes last."
failed=0
"$pytest" --ignore=tests/cluster "${beside[@]/#/--ignore=}" || failed=$?
wait "$other" || failed=$?
cat "$log"
exit "$failed"
