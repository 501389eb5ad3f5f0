#!/usr/bin/env bash
# Puts the pinned packages into .venv. DOLMETSCH_TORCH_INDEX names a package index with CPU builds of torch:
# without a GPU the CUDA libraries are gigabytes for nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
export VIRTUAL_ENV=.venv
uv=.venv/bin/uv
if [ -n "${DOLMETSCH_TORCH_INDEX:-}" ]; then
  echo "Setting up Python packages with CPU builds of torch"
  "$uv" pip sync --require-hashes requirements/uv.txt requirements/all-cpu.txt
  "$uv" pip install --no-deps --index "$DOLMETSCH_TORCH_INDEX" -r requirements/torch-cpu.txt
else
  echo "Setting up Python packages (the first time some 3 GB to download: minutes on a slow line)"
  "$uv" pip sync --require-hashes requirements/uv.txt requirements/all.txt
fi
"$uv" pip install --quiet --no-deps --no-build-isolation --editable .
