#!/usr/bin/env bash
# Makes .venv with the pinned uv in it: python-env.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "Dolmetsch needs Python 3.11 or newer; $python is not. Name one: make PYTHON=/path/to/python3.11"
  exit 1
}
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  bash scripts/apt-install.sh "for Python environments" python3-venv
fi
echo "Making .venv with $("$python" --version)"
"$python" -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
