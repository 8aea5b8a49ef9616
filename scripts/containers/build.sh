#!/usr/bin/env bash
# Builds colorize for a container: into one folder that can be copied, with what it needs beside it.
#
#   scripts/containers/build.sh VARIANT FOLDER
#
#   cpu       flex and libtorch on the processor
#   cuda      flex and libtorch on the processor and on NVIDIA GPUs; the host's driver is all that a container adds
#
# FOLDER becomes bin/colorize, libtorch where it was linked, and the experiments, datasets and reports of this checkout. The
# program knows its libtorch by the full path, so FOLDER has to be where it is to lie in the end. Needs what a build needs:
# Linux on x86-64, Rust, a C++ compiler, and Python 3 with pip or venv. Without CARGO_TARGET_DIR it builds in target/.

set -euo pipefail

fail() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 2
}

[[ $# -eq 2 ]] || fail "usage: build.sh cpu|cuda FOLDER"
variant=$1
case $variant in
cpu) libtorch=() ;;
cuda) libtorch=(--cuda) ;;
*) fail "unknown variant: $variant; use \`cpu\` or \`cuda\`" ;;
esac
mkdir -p "$2"
folder=$(cd "$2" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# The script takes the user's cache folder from here.
XDG_CACHE_HOME=$folder/lib scripts/libtorch.sh "${libtorch[@]}"
cargo build --release --locked --features libtorch
mkdir -p "$folder/bin"
# Not over the old one: it may be running.
install -m 755 "${CARGO_TARGET_DIR:-target}/release/colorize" "$folder/bin/colorize"
cp -R experiments datasets "$folder/"
# Reports that were made lie beside those that say how.
mkdir -p "$folder/reports"
cp reports/*.toml "$folder/reports/"
cp LICENSE-MIT LICENSE-APACHE "$folder/"
"$folder/bin/colorize" doctor
