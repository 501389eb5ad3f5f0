#!/usr/bin/env bash
# Part of `make check`: shell scripts by shellcheck, Dockerfiles by hadolint, the charts by `helm lint` where Helm was built.
set -euo pipefail
cd "$(dirname "$0")/.."
files() {
  find . -path './.venv*' -prune -o -path ./.git -prune -o -path ./build -prune -o -type f \( "$@" \) -print | sort
}
mapfile -t scripts < <(files -name '*.sh' -o -path ./.ci/run)
.venv/bin/shellcheck "${scripts[@]}"
mapfile -t images < <(files -name Dockerfile -o -name 'Dockerfile.*' -o -name '*.Dockerfile')
if [ "${#images[@]}" -gt 0 ]; then
  .venv/bin/hadolint "${images[@]}"
fi
helm=$(.venv/bin/python -c 'from tests.cluster.binaries import at_hand; print(at_hand("helm") or "")')
if [ -z "$helm" ]; then
  echo "The charts were not linted: Helm is not built yet (\`make chart-binaries\`)."
  exit 0
fi
for chart in charts/dolmetsch charts/dolmetsch-crds; do
  said=$("$helm" lint --strict "$chart" 2>&1) || { echo "$said"; exit 1; }
done
echo "${#scripts[@]} shell scripts, ${#images[@]} Dockerfiles and 2 charts have no faults"
