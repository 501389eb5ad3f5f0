#!/usr/bin/env bash
# Installs Debian packages that are missing: apt-install.sh WHY PACKAGE...
set -euo pipefail
why=$1
shift
missing=()
for package in "$@"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "Needed $why, and this is no Debian: please install ${missing[*]} (or what your system calls them)."
  exit 1
fi
echo "Installing Debian packages, needed $why: ${missing[*]}"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  echo "This needs root: sudo may ask for your password."
  sudo=(sudo)
fi
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
  >/tmp/dolmetsch-apt.$$.log 2>&1 || { cat /tmp/dolmetsch-apt.$$.log; rm -f /tmp/dolmetsch-apt.$$.log; exit 1; }
rm -f /tmp/dolmetsch-apt.$$.log
