#!/usr/bin/env python3
"""Makes the pictures in resize/: small arrays, and what tf.image.resize makes of them, for `src/photo/resize.rs`.

Python 3.11, tensorflow-cpu==2.20.0, numpy==2.4.6, pillow==13.0.0. Run: python3 tests/golden/resize.py

A file is named `<case>.png` (the source) or `<case>_<side>_<method>.png` (the result, rounded to 8 bits).
"""

import pathlib

import numpy as np
import tensorflow as tf
from PIL import Image

METHODS = {"bilinear": False, "bilinear_antialias": True}


def noise(height, width, seed):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def gradient(height, width):
    """Smooth, with one hard edge; every channel different."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 255 * x / max(width - 1, 1)
    green = 255 * y / max(height - 1, 1)
    blue = np.where(x * height > y * width, 230, 20)
    return np.rint(np.stack([red, green, blue], axis=-1)).astype(np.uint8)


CASES = {
    # name: (source, sides)
    "noise_40x52": (noise(40, 52, 1), [16, 33, 64]),
    "noise_odd_31x17": (noise(31, 17, 2), [17, 24, 50]),
    "gradient_150x201": (gradient(150, 201), [7, 64]),
    "strip_13x160": (noise(13, 160, 3), [32]),
    "strip_1x40": (noise(1, 40, 4), [16]),
    "strip_40x1": (noise(40, 1, 5), [16]),
    "pixel_1x1": (noise(1, 1, 6), [8]),
}


def main():
    folder = pathlib.Path(__file__).with_name("resize")
    folder.mkdir(exist_ok=True)
    for name, (source, sides) in CASES.items():
        Image.fromarray(source).save(folder / f"{name}.png", optimize=True)
        for side in sides:
            for method, antialias in METHODS.items():
                resized = tf.image.resize(source, [side, side], method="bilinear", antialias=antialias).numpy()
                eight_bits = np.rint(np.clip(resized, 0, 255)).astype(np.uint8)
                Image.fromarray(eight_bits).save(folder / f"{name}_{side}_{method}.png", optimize=True)


if __name__ == "__main__":
    main()
