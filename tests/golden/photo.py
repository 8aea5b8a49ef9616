#!/usr/bin/env python3
"""Makes the files in photo/: one small picture as cameras and editors store it, for `src/photo/decode.rs`.

Python 3.11, numpy==2.4.6, pillow==13.0.0. Run: python3 tests/golden/photo.py

The picture is 24 wide and 16 high: red grows to the right, green grows downwards, blue is 40; `upright.png` holds it.
"""

import io
import pathlib
import struct

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 24, 16


def upright():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    red = np.rint(255 * x / (WIDTH - 1))
    green = np.rint(255 * y / (HEIGHT - 1))
    return np.stack([red, green, np.full_like(red, 40)], axis=-1).astype(np.uint8)


def orientation_exif(value):
    """A TIFF header and one directory with one entry: tag 0x0112."""
    entry = struct.pack("<HHI", 0x0112, 3, 1) + struct.pack("<HH", value, 0)
    return b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 0)


def main():
    folder = pathlib.Path(__file__).with_name("photo")
    folder.mkdir(exist_ok=True)
    pixels = upright()
    picture = Image.fromarray(pixels)
    high = dict(quality=95, subsampling=0)
    picture.save(folder / "upright.png", optimize=True)
    picture.save(folder / "baseline.jpg", **high)
    picture.save(folder / "progressive.jpg", progressive=True, **high)
    picture.save(folder / "subsampled.jpg", quality=95, subsampling=2)
    picture.save(folder / "restart_markers.jpg", restart_marker_blocks=1, **high)
    picture.convert("L").save(folder / "gray.jpg", quality=95)
    picture.convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    # Black ink and all others, which Pillow's own conversion leaves out.
    cmyk = 255 - pixels.astype(np.int64)
    black = cmyk.min(axis=-1, keepdims=True)
    inks = np.rint(255 * (cmyk - black) / np.maximum(255 - black, 1))
    cmyk = np.concatenate([inks, black], axis=-1).astype(np.uint8)
    Image.fromarray(cmyk, "CMYK").save(folder / "cmyk_black_ink.jpg", quality=98)
    # Colors and transparency are chunks of their own.
    alpha = np.full((HEIGHT, WIDTH, 1), 255, dtype=np.uint8)
    alpha[:, WIDTH // 2 :] = 128
    Image.fromarray(np.concatenate([pixels, alpha], axis=-1)).save(folder / "lossy_alpha.webp", quality=90)
    # What each orientation stores is what turns into `upright` when it is applied.
    stored = {
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: np.rot90(pixels, 1),
        7: pixels[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(pixels, -1),
    }
    for value, array in stored.items():
        exif = orientation_exif(value)
        Image.fromarray(np.ascontiguousarray(array)).save(folder / f"orientation_{value}.jpg", exif=exif, **high)
    # A preview inside the metadata has an end-of-image marker of its own.
    preview = io.BytesIO()
    picture.resize((8, 8)).save(preview, "JPEG")
    segment = b"Preview\0" + preview.getvalue()
    whole = (folder / "baseline.jpg").read_bytes()
    marker = b"\xff\xe5" + struct.pack(">H", len(segment) + 2)
    (folder / "embedded_preview.jpg").write_bytes(whole[:2] + marker + segment + whole[2:])


if __name__ == "__main__":
    main()
