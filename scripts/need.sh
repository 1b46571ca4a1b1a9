#!/usr/bin/env bash
# need.sh PART …: make sure that programs of Debian's are here; install what is missing where that
# is allowed (root, or sudo without a password), else say precisely what to install and exit 3.
set -euo pipefail

declare -A package=(
  [venv]=python3-venv
  [mosquitto]=mosquitto
  [victoria-metrics]=victoria-metrics
  [chromium]=chromium
  [cjk-font]="fonts-noto-cjk fontconfig"
  [cc]=gcc
  [libmosquitto]="libmosquitto-dev libc6-dev"
)

here() {
  case $1 in
    venv) "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null ;;
    cjk-font) [[ -n $(fc-list :lang=zh 2>/dev/null) ]] ;;
    libmosquitto) [[ -e /usr/include/mosquitto.h ]] ;;
    *) PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1" >/dev/null ;;
  esac
}

missing=()
for part in "$@"; do
  here "$part" || missing+=("$part")
done
((${#missing[@]})) || exit 0

packages=()
for part in "${missing[@]}"; do
  read -ra more <<<"${package[$part]}"
  packages+=("${more[@]}")
done

if ((EUID == 0)); then
  as_root=()
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  echo "missing: ${missing[*]}; install with: sudo apt-get install ${packages[*]}" >&2
  exit 3
fi
if ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]} (Debian's packages ${packages[*]}): install them as this system does" >&2
  exit 3
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing ${packages[*]} 正在安装…"
export DEBIAN_FRONTEND=noninteractive

install() {
  "${as_root[@]}" apt-get -qq update &&
    "${as_root[@]}" apt-get -qq install --yes --no-install-recommends "${packages[@]}"
}
if ! install >"$log" 2>&1; then
  cat "$log" >&2
  echo "apt-get could not install ${packages[*]}; mend that and run make again" >&2
  exit 3
fi
