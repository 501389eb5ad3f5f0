#!/usr/bin/env bash
# Builds the images, for `make images`: images.sh [REGISTRY/PREFIX], such as registry.example.org/dolmetsch. Set in the
# environment:
#
#   BUILDER      docker, podman or buildah; without, whichever is there
#   TAG          default: the version
#   BASE         the image that all start from (python:3.11-slim-bookworm)
#   TORCH_INDEX  a package index with CPU builds of torch: an engine of a third of the size
#   MODEL        a speech model to bake into the engine's image; for an address, MODEL_SHA256 too
#   PIP_INDEX_URL, SSL_CERT_FILE   a package index of your own, and the certificates for it, mounted by
#   IMAGE_BUILD_OPTIONS            more options of the builder, such as --volume
#   PUSH=1       push them
#
# Beside them, build/sbom has a CycloneDX bill of materials of each, made from the pins.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${1:-dolmetsch}
version=$(sed -n 's/^VERSION: Final = "\(.*\)"/\1/p' core/dolmetsch_core/version.py)
tag=${TAG:-$version}
builder=${BUILDER:-}
for each in docker podman buildah; do
  [ -n "$builder" ] || ! command -v "$each" >/dev/null || builder=$each
done
[ -n "$builder" ] || { echo "images.sh: no docker, podman or buildah here: install one" >&2; exit 1; }
arguments=(--build-arg "VERSION=$version" --build-arg "REVISION=$(git rev-parse HEAD)"
  # The commit's time, not the build's: the same sources give the same labels.
  --build-arg "CREATED=$(git log -1 --format=%cI)")
for name in BASE TORCH_INDEX MODEL MODEL_SHA256 PIP_INDEX_URL SSL_CERT_FILE; do
  [ -z "${!name:-}" ] || arguments+=(--build-arg "$name=${!name}")
done
mkdir -p build/sbom
bills=.venv-sbom/bin/cyclonedx-py
if [ ! -x "$bills" ]; then
  .venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-sbom
  VIRTUAL_ENV=.venv-sbom .venv/bin/uv pip sync --quiet --require-hashes requirements/sbom.txt
fi
for name in engine platform operator; do
  file=Dockerfile
  pins=("requirements/image-$name.txt")
  if [ "$name" = engine ]; then
    file=engine-image/Dockerfile
    [ -z "${TORCH_INDEX:-}" ] || pins=(requirements/image-engine-cpu.txt requirements/torch-cpu.txt)
  fi
  echo "== $prefix/$name:$tag"
  # shellcheck disable=SC2086  # several options in one variable
  "$builder" build --tag "$prefix/$name:$tag" --file "$file" --target "$name" "${arguments[@]}" ${IMAGE_BUILD_OPTIONS:-} .
  cat "${pins[@]}" | "$bills" requirements - --output-reproducible --output-file "build/sbom/$name.cdx.json"
  [ -z "${PUSH:-}" ] || "$builder" push "$prefix/$name:$tag"
done
echo "Images and bills of materials (build/sbom) are ready."
