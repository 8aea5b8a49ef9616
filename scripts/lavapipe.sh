#!/usr/bin/env bash
# Runs a command with Mesa's lavapipe, a Vulkan that computes on the processor, so that wgpu can be tested without a GPU.
#
#   scripts/lavapipe.sh COMMAND [ARGUMENT...]
#
# Nothing is installed: the Debian or Ubuntu packages that the system lacks are unpacked into the user's cache folder, 150 MB,
# by apt, which checks their signatures. Needs Linux on x86-64 with apt and its lists of packages; never root.

set -euo pipefail

fail() {
    echo "lavapipe.sh: $*" >&2
    exit 1
}

[[ $# -gt 0 ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[[ $(uname -sm) == "Linux x86_64" ]] || fail "only Linux on x86-64 is supported"
cache=${COLORIZE_LAVAPIPE_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/colorize}
folder=$cache/lavapipe

if [[ ! -d $folder ]]; then
    command -v apt-get dpkg-deb >/dev/null || fail "there is no apt here"
    mkdir -p "$cache"
    part=$(mktemp -d "$cache/.lavapipe-XXXXXX")
    trap 'rm -rf "$part"' EXIT
    mapfile -t packages < <(
        apt-get install --print-uris --yes --no-install-recommends mesa-vulkan-drivers libvulkan1 2>/dev/null |
            sed -n "s/^'[^']*' \([^_]*\)_.*/\1/p"
    )
    # Also where they are installed: the driver is taken from here.
    mkdir "$part/packages"
    (cd "$part/packages" && apt-get download "${packages[@]}" mesa-vulkan-drivers libvulkan1 >/dev/null) ||
        fail "apt could not download mesa-vulkan-drivers: run \`apt-get update\` as root once"
    for package in "$part"/packages/*.deb; do
        dpkg-deb --extract "$package" "$part"
    done
    rm -rf "$part/packages"
    [[ -f $part/usr/lib/x86_64-linux-gnu/libvulkan_lvp.so ]] || fail "the packages hold no lavapipe"
    # Complete or absent, also when two of these run at once.
    mv --no-target-directory "$part" "$folder" 2>/dev/null || [[ -d $folder ]] || fail "cannot write $folder"
fi

libraries=$folder/usr/lib/x86_64-linux-gnu
driver=$(mktemp --suffix .json)
trap 'rm -f "$driver"' EXIT
printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' \
    "$libraries/libvulkan_lvp.so" >"$driver"
VK_ICD_FILENAMES=$driver VK_DRIVER_FILES=$driver \
    LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"
