#!/usr/bin/env bash
# Says what `make test` is going to install and how long it takes: test-plan.sh DEBIAN_PACKAGE...
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dolmetsch
steps=()
[ -e .venv/ready ] || steps+=("Python packages into .venv: 3 GB to download, 1 to 10 minutes")
[ -e .venv-libretranslate/ready ] || steps+=("LibreTranslate into .venv-libretranslate: 150 MB")
missing=()
for package in "$@"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] || steps+=("Debian packages (as root, or with sudo): ${missing[*]}: 1 GB on the disk, 1 to 3 minutes")
[ -d "$cache/models" ] && [ -d "$cache/speech" ] || steps+=("speech models and recordings into $cache: 220 MB")
if [ ${#steps[@]} -gt 0 ]; then
  echo "To be set up first, once:"
  printf '  - %s\n' "${steps[@]}"
fi
echo "The tests take some ten minutes on two cores: most of them listen to speech. tests/README.md says how to run one."
