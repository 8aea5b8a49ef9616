#!/usr/bin/env python3
"""Makes metrics.json: small pictures with what independent implementations say of them, for `src/evaluate/golden.rs`.

Python 3.11, scikit-image==0.26.0, tensorflow-cpu==2.20.0, numpy==2.4.6. Run: python3 tests/golden/metrics.py

CIE L*a*b*, CIEDE2000, PSNR and SSIM are scikit-image's, YUV and a second SSIM TensorFlow's, all in double precision where
they can; what neither library has is written out here in NumPy, the long way. scikit-image rounds the matrix of sRGB to
six digits and its white is not quite white: its matrix is replaced by ours, and the colours it gives with its own are
stored beside them. Pixels whose three channels are equal have no chroma at all, as in the program.
"""

import json
import pathlib

import numpy as np
import tensorflow as tf
from skimage.color import colorconv, deltaE_ciede2000, lab2rgb, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

OWN_XYZ_FROM_RGB = colorconv.xyz_from_rgb.copy()
XYZ_FROM_RGB = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
LARGEST_UV = np.array([0.43601035, 0.61497538])

# Sharma, Wu and Dalal 2005, table 1: L, a, b, L, a, b, difference.
SHARMA = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""


def use_matrix(matrix):
    colorconv.xyz_from_rgb = matrix
    colorconv.rgb_from_xyz = np.linalg.inv(matrix)


def bytes_of(unit):
    return np.floor(np.clip(unit, 0, 1) * 255 + 0.5).astype(np.uint8)


def is_gray(picture):
    return (picture == picture[..., :1]).all(-1)


def yuv(picture):
    return tf.image.rgb_to_yuv(picture / 255.0).numpy()


def of_yuv(values):
    return bytes_of(tf.image.yuv_to_rgb(values).numpy())


def lab(picture):
    values = rgb2lab(picture / 255.0)
    values[is_gray(picture), 1:] = 0
    return values


def replace_luma(truth, predicted):
    chroma = yuv(predicted)[..., 1:]
    chroma[is_gray(predicted)] = 0
    return of_yuv(np.concatenate([yuv(truth)[..., :1], chroma], axis=-1))


def psnr(truth, predicted):
    if (truth == predicted).all():
        return None  # infinite, which JSON cannot say
    return peak_signal_noise_ratio(truth, predicted, data_range=255)


def ssim(truth, predicted):
    if min(truth.shape[:2]) < 11:
        return None
    value = structural_similarity(
        truth.astype(np.float64),
        predicted.astype(np.float64),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=-1,
    )
    # TensorFlow computes it in single precision, on [0, 1].
    second = float(tf.image.ssim(tf.constant(truth), tf.constant(predicted), 255))
    assert abs(value - second) < 5e-5, (value, second)
    return value


def colorfulness(picture, absolute=False):
    r, g, b = np.moveaxis(picture.astype(np.float64), -1, 0)
    rg, yb = r - g, (r + g) / 2 - b
    if absolute:
        rg, yb = abs(rg), abs(yb)
    spread = np.hypot(rg.std(), yb.std())
    return spread + 0.3 * np.hypot(rg.mean(), yb.mean())


def auc_ab(truth_ab, errors):
    """Raw and balanced."""
    thresholds = np.arange(151)
    hits = errors[None] <= thresholds[:, None]
    raw = np.trapezoid(hits.mean(axis=1), thresholds) / 150
    classes = np.floor(truth_ab / 10 + 0.5)
    shares = (classes[:, None] == classes[None]).all(-1).mean(axis=1)
    weights = 1 / (0.5 * shares + 0.5 / 261)
    balanced = np.trapezoid(hits @ weights / weights.sum(), thresholds) / 150
    return raw, balanced


def hue_error(truth_ab, predicted_ab):
    hues = np.degrees(np.arctan2(truth_ab[:, 1], truth_ab[:, 0]))
    predicted = np.degrees(np.arctan2(predicted_ab[:, 1], predicted_ab[:, 0]))
    angles = abs((predicted - hues + 180) % 360 - 180)
    angles[(predicted_ab == 0).all(-1)] = 90
    angles = angles[np.hypot(*truth_ab.T) > 10]
    return angles.mean() if len(angles) else None


def scores(truth, predicted):
    replaced = replace_luma(truth, predicted)
    gray = np.repeat(bytes_of(yuv(truth)[..., :1]), 3, axis=-1)
    truth_lab, predicted_lab = lab(truth), lab(predicted)
    differences = deltaE_ciede2000(truth_lab, predicted_lab)
    truth_ab, predicted_ab = (it[..., 1:].reshape(-1, 2) for it in (truth_lab, predicted_lab))
    raw, balanced = auc_ab(truth_ab, np.hypot(*(predicted_ab - truth_ab).T))
    chroma, chroma_truth = np.hypot(*predicted_ab.T), np.hypot(*truth_ab.T)
    return {
        "psnr": psnr(truth, predicted),
        "psnr_luma_replaced": psnr(truth, replaced),
        "psnr_gray": psnr(truth, gray),
        "ssim": ssim(truth, predicted),
        "ssim_luma_replaced": ssim(truth, replaced),
        "ciede2000": differences.mean(),
        "ciede2000_luma_replaced": deltaE_ciede2000(truth_lab, lab(replaced)).mean(),
        "ciede2000_p95": np.percentile(differences, 95),
        "colorfulness": colorfulness(predicted),
        "colorfulness_luma_replaced": colorfulness(replaced),
        "colorfulness_truth": colorfulness(truth),
        "colorfulness_difference": abs(colorfulness(predicted) - colorfulness(truth)),
        "colorfulness_absolute": colorfulness(predicted, absolute=True),
        "colorfulness_absolute_truth": colorfulness(truth, absolute=True),
        "auc_ab": raw,
        "auc_ab_balanced": balanced,
        "chroma": chroma.mean(),
        "chroma_truth": chroma_truth.mean(),
        "hue_error": hue_error(truth_ab, predicted_ab),
        "gray_share": (chroma < 5).mean(),
        "gray_share_truth": (chroma_truth < 5).mean(),
        "uv_mse": ((yuv(predicted) - yuv(truth))[..., 1:] ** 2).mean(),
        "ab_mse": ((predicted_ab - truth_ab) ** 2).mean(),
    }


def baselines(truth, mean_uv):
    values = yuv(truth)
    luma, chroma = values[..., :1], values[..., 1:]

    def joined(chroma):
        return of_yuv(np.concatenate([luma, np.broadcast_to(chroma, luma.shape[:2] + (2,))], axis=-1))

    def reachable_lab(limits):
        values = rgb2lab(truth / 255.0)
        values[..., 1:] = np.clip(values[..., 1:], -limits, limits)
        return bytes_of(lab2rgb(values))

    steps = np.clip(np.floor(128.5 + 127.5 * chroma / LARGEST_UV), 0, 255)
    eight_bit = np.concatenate([bytes_of(luma) / 255.0, (steps - 128) / 127.5 * LARGEST_UV], axis=-1)
    cube = np.linspace(0, 1, 18)
    cube = rgb2lab(np.stack(np.meshgrid(cube, cube, cube), axis=-1).reshape(1, -1, 3))
    largest_ab = abs(cube[..., 1:]).max(axis=(0, 1))
    return {
        "gray": np.repeat(bytes_of(luma), 3, axis=-1),
        "mean_chroma": joined(mean_uv),
        "reachable_yuv_upstream": joined(np.clip(chroma, -0.5, 0.5)),
        "reachable_yuv_exact": joined(np.clip(chroma, -LARGEST_UV, LARGEST_UV)),
        "reachable_lab_upstream": reachable_lab(np.array([64.0, 64.0])),
        "reachable_lab_exact": reachable_lab(largest_ab),
        "reachable_rgb_upstream": truth,
        "eight_bit": of_yuv(eight_bit),
    }


def noise(seed, height, width):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def scene(height, width):
    """Sky, grass and a red sign, smooth but for their edges."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    sky = np.stack([90 + 2 * y, 140 + 2 * y, 235 - y], axis=-1)
    grass = np.stack([60 + x, 120 + x, 40 + y], axis=-1)
    picture = np.where((y < height / 2)[..., None], sky, grass)
    sign = np.hypot(y - height / 2, x - width / 2) < height / 4
    picture[sign] = [200, 20, 35]
    return np.clip(picture, 0, 255).astype(np.uint8)


def toward_gray(picture, share, seed, spread):
    """Less chroma, and noise."""
    gray = picture.mean(axis=-1, keepdims=True)
    random = np.random.default_rng(seed).normal(0, spread, picture.shape)
    return np.clip(gray + share * (picture - gray) + random, 0, 255).astype(np.uint8)


def gray_of(picture):
    return np.repeat(picture.mean(axis=-1, keepdims=True).astype(np.uint8), 3, axis=-1)


def cases():
    a, b = noise(1, 20, 24), scene(32, 32)
    return {
        "noise": (a, noise(2, 20, 24)),
        "dull": (b, toward_gray(b, 0.4, 3, 6)),
        "near": (b, toward_gray(b, 1.0, 4, 1)),
        "gray": (b, gray_of(b)),
        "gray_photograph": (gray_of(b), b),
        "equal": (b, b),
        "brown": (scene(24, 30), np.full((24, 30, 3), [130, 110, 90], np.uint8)),
        "one_window": (noise(5, 11, 11), noise(6, 11, 11)),
        "small": (noise(7, 10, 25), noise(8, 10, 25)),
        "one_pixel": (noise(9, 1, 1), noise(10, 1, 1)),
    }


def main():
    sharma = [[float(value) for value in line.split()] for line in SHARMA.split("\n") if line]
    for *pair, difference in sharma:
        assert abs(deltaE_ciede2000(pair[:3], pair[3:]) - difference) < 1e-4

    corners = np.array([[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)], np.uint8)
    dark = noise(11, 1, 12)[0] % 16
    colors = np.concatenate([corners, dark, noise(12, 1, 60)[0]])[None]
    own = rgb2lab(colors / 255.0)
    use_matrix(XYZ_FROM_RGB)
    ours = rgb2lab(colors / 255.0)
    assert abs(lab2rgb(ours) - colors / 255.0).max() < 1e-6
    random = np.random.default_rng(13)
    answers = np.stack([random.uniform(20, 90, 400), *random.uniform(-60, 60, (2, 400))], axis=-1)
    answers_rgb = lab2rgb(answers[None])[0]
    inside = ((answers_rgb > 0) & (answers_rgb < 1)).all(axis=-1)

    mean_uv = [0.013, -0.021]
    # Many saturated colours, so that every limit cuts something off.
    truth = np.concatenate([noise(14, 8, 14), np.tile(corners, (14, 1, 1)).transpose(1, 0, 2)])
    stored = {
        "sharma": sharma,
        "colors": [
            {"rgb": rgb.tolist(), "lab": lab.tolist(), "lab_of_scikit_image": own.tolist(), "yuv": yuv.tolist()}
            for rgb, lab, own, yuv in zip(colors[0], ours[0], own[0], yuv(colors)[0])
        ],
        "answers": [
            {"lab": lab.tolist(), "rgb": rgb.tolist()}
            for lab, rgb in list(zip(answers[inside], answers_rgb[inside]))[:60]
        ],
        "cases": [
            {
                "name": name,
                "width": truth.shape[1],
                "truth": truth.tobytes().hex(),
                "predicted": predicted.tobytes().hex(),
                "scores": scores(truth, predicted),
            }
            for name, (truth, predicted) in cases().items()
        ],
        "baselines": {
            "width": truth.shape[1],
            "truth": truth.tobytes().hex(),
            "mean_uv": mean_uv,
            "pictures": {name: it.tobytes().hex() for name, it in baselines(truth, mean_uv).items()},
        },
    }
    path = pathlib.Path(__file__).with_name("metrics.json")
    path.write_text(json.dumps(stored, indent=1) + "\n")
    largest = max(abs(np.array(it["lab"]) - it["lab_of_scikit_image"]).max() for it in stored["colors"])
    print(f"{path.name}: {path.stat().st_size} bytes; scikit-image's own matrix differs by {largest:.4f}")


if __name__ == "__main__":
    main()
