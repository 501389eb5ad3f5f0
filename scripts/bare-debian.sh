#!/usr/bin/env bash
# The README's two commands as a newcomer meets them: a bare Debian 12 in a folder, a clone of what is committed here,
# git, make and Python, and nothing else. By hand, as root, once per release; debootstrap makes the system:
#
#   scripts/bare-debian.sh FOLDER           as root
#   scripts/bare-debian.sh FOLDER sudo      as a user who is not root, with sudo
#   scripts/bare-debian.sh FOLDER again     the same system once more, such as to look at what failed
#
# How this machine reaches its packages (certificates, apt's sources, pip's settings) is copied into it. FOLDER keeps
# the system and run.log; remove it afterwards. Processes and mounts end with the script.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
folder=$(realpath -m "$1")
cd "$(dirname "$0")/.."
root=$folder/debian
how=${2:-root}

debootstrap_system() {
  local mirror include=git,make,python3,ca-certificates
  [ "$how" != sudo ] || include+=,sudo
  # shellcheck disable=SC2016  # names that apt fills in
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | awk '$1 == "bookworm" { print $2; exit }')
  debootstrap --variant=minbase --include="$include" bookworm "$root" "$mirror" >"$folder/debootstrap.log"
}

copy_package_settings() {
  local place
  for place in /etc/ssl/certs /usr/local/share/ca-certificates /etc/apt/sources.list /etc/apt/sources.list.d \
    /etc/apt/apt.conf.d /etc/apt/auth.conf.d /etc/apt/keyrings /etc/pip.conf /etc/resolv.conf /etc/hosts; do
    [ -e "$place" ] || continue
    rm -rf "${root:?}$place"
    mkdir -p "$root/$(dirname "$place")"
    cp -aLT "$place" "$root$place"
  done
  # What installs documentation and desktop parts differently is this machine's own affair.
  rm -f "$root"/etc/apt/apt.conf.d/{docker-*,20packagekit,50appstream,01autoremove*}
  env | grep -E '^([A-Za-z_]*(PROXY|proxy)|[A-Z_]*(CERT|CA_BUNDLE|CA_CERTS|CAINFO)[A-Z_]*|(PIP|UV)_(INDEX|DEFAULT|EXTRA)[A-Z_]*)=' \
    >"$root/etc/package-settings" || true
}

clone() {
  local home=$root/root
  if [ "$how" = sudo ]; then
    chroot "$root" useradd --create-home --shell /bin/bash newcomer
    echo 'newcomer ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/newcomer"
    # sudo hands on no environment, and apt needs none of it.
    home=$root/home/newcomer
  fi
  git clone --quiet --no-local "file://$PWD" "$home/dolmetsch"
  [ "$how" != sudo ] || chroot "$root" chown -R newcomer:newcomer /home/newcomer/dolmetsch
}

newcomer_types() {
  cat <<'INSIDE'
set -eu
cd ~/dolmetsch
say() { printf '\n== %s  (%s s)\n' "$*" "$SECONDS"; }
say "make run MODEL=demo"
make run MODEL=demo >~/run.log 2>&1 &
running=$!
until grep -q 'Ctrl-C ends it' ~/run.log; do
  kill -0 "$running" 2>/dev/null || { cat ~/run.log; exit 1; }
  sleep 1
done
say "the platform is ready"
.venv/bin/dolmetsch listen DEMO1 --lang de >~/captions.log 2>&1 &
listening=$!
.venv/bin/dolmetsch speak DEMO1 local/dolmetsch_local/demo/talks/str_en.webm >~/speak.log 2>&1 || { cat ~/speak.log; exit 1; }
sleep 3
kill "$listening" || true
cat ~/captions.log
grep -q Kaffeepause ~/captions.log || { echo "no German captions"; exit 1; }
kill "$running"
wait "$running" || true
say "captions were read; make test"
make test
say "make test passed"
INSIDE
}

run_inside() {
  local login=(/bin/bash -c)
  [ -d "$root" ] || { echo "There is no system in $folder yet"; exit 2; }
  [ ! -d "$root/home/newcomer" ] || login=(/bin/su newcomer -c)
  newcomer_types >"$root/tmp/newcomer.sh"
  # In namespaces of its own: its mounts and processes end with it.
  # shellcheck disable=SC2016  # for the shell in there
  unshare --mount --pid --fork --kill-child bash -eu -c '
    mount -t proc proc "$0/proc"
    mount -t sysfs -o ro sysfs "$0/sys"
    mount --rbind /dev "$0/dev"
    mount --make-rslave "$0/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
    root=$0
    mapfile -t settings <"$root/etc/package-settings"
    exec env -i "${settings[@]}" HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      chroot "$root" "$@"' "$root" "${login[@]}" 'cd; exec bash /tmp/newcomer.sh' </dev/null
}

if [ "$how" != again ]; then
  [ ! -e "$folder" ] || { echo "$folder exists: name a new folder, or remove it"; exit 2; }
  mkdir -p "$folder"
  echo "A bare Debian in $root"
  debootstrap_system
  copy_package_settings
  clone
fi
run_inside 2>&1 | tee "$folder/run.log"
