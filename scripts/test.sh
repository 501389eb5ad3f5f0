#!/usr/bin/env bash
# Runs tests in several processes side by side: test.sh PLACE... [PYTEST_OPTION...]. Set in the environment:
#
#   PROCESSES   how many (default: two for each core, at most six: most tests wait, such as for somebody to speak)
#   REPEAT      how often, each time in another order and with another hash seed
#   LOAD=1      a busy process for each core beside them
#   SEED        number of the first order (default 1 with REPEAT; else 0: as in the files)
#   DURATIONS   how many of the slowest tests are listed (default 10; 0: all)
#   PYTEST_ARGS somebody chose tests, which are among the arguments: one process runs them, unless one of the above is set
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${PYTEST_ARGS:-}" ] && [ -z "${PROCESSES:-}${REPEAT:-}${LOAD:-}${SEED:-}${DURATIONS:-}" ]; then
  exec .venv/bin/pytest "$@"
fi
cores=$(nproc)
processes=${PROCESSES:-$((cores * 2 < 6 ? cores * 2 : 6))}
repeat=${REPEAT:-1}
first=${SEED:-$((repeat > 1))}
results=$(mktemp)
busy=()
# shellcheck disable=SC2329  # by the trap below
end() {
  [ ${#busy[@]} -eq 0 ] || kill "${busy[@]}" 2>/dev/null || true
  rm -f "$results"
}
trap end EXIT

if [ "${LOAD:-0}" != 0 ]; then
  for ((core = 0; core < cores; core++)); do
    # It ends with this script, however that ends.
    while kill -0 $$ 2>/dev/null; do for ((n = 0; n < 100000; n++)); do :; done; done &
    busy+=("$!")
  done
fi
failed=0
interrupted=0
trap 'interrupted=1' INT
for ((seed = first; seed < first + repeat; seed++)); do
  order=()
  [ "$seed" -eq 0 ] || order=(-p randomly --randomly-seed="$seed")
  echo "Run with hash seed and order $seed, $processes processes${LOAD:+, load $LOAD}" | tee -a "$results"
  # The same hash seed in all processes: they have to find the same tests.
  PYTHONHASHSEED=$seed DOLMETSCH_TEST_RESULTS=$results .venv/bin/pytest --numprocesses "$processes" \
    --no-loadscope-reorder --tb=short --show-capture=no -rs --durations="${DURATIONS:-10}" "${order[@]}" "$@" || failed=$?
  [ "$interrupted" -eq 0 ] || exit 2
done
[ "$repeat" -eq 1 ] || printf '\n%s runs:\n%s\n' "$repeat" "$(cat "$results")"
exit "$failed"
