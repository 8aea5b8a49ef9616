"""Scores of pictures with scikit-image and NumPy: PSNR, SSIM and CIEDE2000, which are most of what this program measures.

    python scikit_scores.py [--images 16] [--size 256]

On one thread. Prints a line of JSON.
"""

import argparse
import json
import resource
import time

import numpy
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def score(truth, predicted):
    similarity = structural_similarity(
        truth, predicted, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    difference = deltaE_ciede2000(rgb2lab(truth), rgb2lab(predicted))
    return peak_signal_noise_ratio(truth, predicted), similarity, difference.mean(), numpy.percentile(difference, 95)


p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--images", type=int, default=16)
p.add_argument("--size", type=int, default=256)
a = p.parse_args()
numbers = numpy.random.default_rng(0)
pictures = numbers.integers(0, 256, (a.images, 2, a.size, a.size, 3), dtype=numpy.uint8)
began = time.perf_counter()
for pair in pictures:
    score(*pair)
seconds = time.perf_counter() - began
peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"who": "scikit-image (PSNR, SSIM, CIEDE2000)", "images": a.images, "seconds": seconds, "memory_bytes": peak}))
