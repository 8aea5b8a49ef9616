#!/usr/bin/env python3
"""Makes claims_much.pth: a PyTorch checkpoint of two kilobytes whose tensors claim twelve gigabytes.

Python 3.9, no packages. Run: python3 tests/golden/hostile.py

Each of its twelve tensors is a view of the same four numbers with strides of 0, as `tensor.expand` makes them.
"""

import pathlib
import struct
import zipfile

SIDE = 16384


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def tensor():
    """What torch.save writes for a tensor: a call of `_rebuild_tensor_v2`."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + b"K\x04t" + b"Q"
    size = b"J" + struct.pack("<i", SIDE) + b"J" + struct.pack("<i", SIDE) + b"\x86"
    stride = b"K\x00K\x00\x86"
    hooks = b"ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + size + stride + b"\x89" + hooks + b"tR"


def main():
    tensors = b"".join(text(f"layer{number}.weight") + tensor() for number in range(12))
    parts = {
        "data.pkl": b"\x80\x02}(" + tensors + b"u.",
        "byteorder": b"little",
        "data/0": struct.pack("<4f", 1, 2, 3, 4),
        "version": b"3\n",
    }
    path = pathlib.Path(__file__).with_name("claims_much.pth")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), data)


if __name__ == "__main__":
    main()
