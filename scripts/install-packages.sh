#!/usr/bin/env bash
# Installs the Debian packages that Attune is built from, where they are missing; with "tests", also those of its
# tests. Usage: scripts/install-packages.sh [tests]
set -euo pipefail

packages=(
  g++ cmake ninja-build pkgconf         # the tools
  libdnnl-dev libhwy-dev                # matrix products; vector kernels
  librandom123-dev                      # random numbers
  libfmt-dev                            # formatted text
  nlohmann-json3-dev libsimdjson-dev    # JSON; large JSON
  libonig-dev libicu-dev                # tokenizers: regular expressions; Unicode
  libprotobuf-dev protobuf-compiler     # TensorBoard's event files
  zlib1g-dev                            # compressed text
  libcli11-dev                          # the command line
)
if [[ ${1:-} == tests ]]; then
  packages+=(libgtest-dev libgmock-dev gcovr)
fi

if ! command -v apt-get >/dev/null; then
  echo "This is no Debian: install the counterparts of these packages, then build with cmake: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
    missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "Missing Debian packages: ${missing[*]}" >&2
    echo "Installing them takes root, and there is no sudo. As root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null
}
apt_get update
apt_get install --no-install-recommends --yes "${missing[@]}"
