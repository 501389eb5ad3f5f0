#!/usr/bin/env bash
# All tests but the cluster's, in two halves of about the same length: both mostly wait for somebody to speak.
# With arguments (PYTEST_ARGS of `make test`) it is one run.
set -euo pipefail
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
if [ $# -gt 0 ]; then
  exec "$pytest" --ignore=tests/cluster "$@"
fi
beside=(tests/contract tests/integration/{engine,api,archive,core,local,worker} tests/unit)
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
