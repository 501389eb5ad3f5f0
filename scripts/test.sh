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
# As a job of its own: others in the background are deaf to Ctrl-C, and a test that is killed leaves its platform.
set -m
"$pytest" "${beside[@]}" </dev/null >"$log" 2>&1 &
other=$!
set +m
end() {
  kill -INT "$other" 2>/dev/null && wait "$other" || true
  rm -f "$log"
}
trap end EXIT
echo "Beside these tests run those of ${beside[*]}: what they say comes last."
failed=0
"$pytest" --ignore=tests/cluster "${beside[@]/#/--ignore=}" || failed=$?
# 2: somebody pressed Ctrl-C.
[ "$failed" -ne 2 ] || exit 2
wait "$other" || failed=$?
cat "$log"
exit "$failed"
