#!/usr/bin/env python3
"""Makes classes.json: color as classes in NumPy, for `crates/training/src/objective/classes/tests.rs`.

Python 3.11, numpy==2.3.4. Run: python3 tests/golden/classes.py

After Zhang, Isola, Efros 2016, "Colorful Image Colorization", written from the paper's formulas and not from this program.
Everything is float64 and dense: every distance and every one of the classes at every place. The gradient of the loss is its
formula, checked here against finite differences.
"""

import json
import pathlib

import numpy as np

XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = np.array([0.95047, 1.0, 1.08883])
UNIT = 128.0


def lab(rgb):
    """L, a, b of RGB on [0, 1], along the last axis."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    share = linear @ XYZ.T / WHITE
    f = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def bins(step):
    """Centers of the cells that a color on the surface of the RGB cube falls into, channels in multiples of 3."""
    levels = np.arange(0, 256, 3) / 255
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    surface = cube[((cube == 0) | (cube == 1)).any(1)]
    scaled = lab(surface)[:, 1:] / step
    # No color lies so close to a border that rounding could put it on the other side.
    assert np.abs(scaled - np.floor(scaled) - 0.5).min() > 1e-9
    return np.unique(np.floor(scaled + 0.5), axis=0) * step


def soft(colors, centers, neighbors, sigma):
    """Dense soft encoding, [colors, classes]."""
    squares = ((colors[:, None] - centers[None]) ** 2).sum(-1)
    nearest = np.argsort(squares, axis=1, kind="stable")[:, :neighbors]
    encoded = np.zeros_like(squares)
    for row, columns in enumerate(nearest):
        weights = np.exp(-(squares[row, columns] - squares[row].min()) / (2 * sigma**2))
        encoded[row, columns] = weights / weights.sum()
    return encoded


def class_weights(counts, centers, sigma, rebalance):
    frequency = counts / counts.sum()
    kernel = np.exp(-((centers[:, None] - centers[None]) ** 2).sum(-1) / (2 * sigma**2))
    frequency = kernel / kernel.sum(0) @ frequency
    mixed = np.maximum((1 - rebalance) * frequency + rebalance / len(centers), 1 / counts.sum())
    weights = 1 / mixed
    return weights / (frequency * weights).sum()


def softmax(logits):
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)


def losses(logits, encoded, weights):
    """Of every place, [batch, height, width]; both arguments [batch, classes, height, width]."""
    entropy = -(encoded * np.log(softmax(logits))).sum(1)
    return entropy * weights[encoded.argmax(1)]


def gradient(logits, encoded, weights):
    """Of the mean loss, with respect to the logits."""
    heavy = weights[encoded.argmax(1)][:, None]
    return heavy * (softmax(logits) - encoded) / encoded[:, 0].size


def annealed(logits, centers, temperature):
    raised = softmax(logits) ** (1 / temperature)
    shares = raised / raised.sum(1, keepdims=True)
    return np.einsum("bqhw,qc->bchw", shares, centers)


def enlarged(planes):
    """Four times as large, bilinear with half-pixel centers."""
    for axis in (2, 3):
        side = planes.shape[axis]
        at = np.clip((np.arange(4 * side) + 0.5) / 4 - 0.5, 0, side - 1)
        before = np.minimum(at.astype(int), max(side - 2, 0))
        after = np.minimum(before + 1, side - 1)
        shape = [1, 1, 1, 1]
        shape[axis] = -1
        beyond = (at - before).reshape(shape)
        planes = np.take(planes, before, axis) * (1 - beyond) + np.take(planes, after, axis) * beyond
    return planes


def numbers(array):
    return [float(f"{value:.9g}") for value in np.asarray(array, float).ravel()]


def main():
    random = np.random.default_rng(20260101)
    float32 = lambda array: np.asarray(array, np.float32).astype(float)  # what the test reads
    golden = {"bins": [{"step": step, "centers": numbers(bins(step))} for step in (10, 20, 50)]}
    golden["bin_counts"] = {str(step): len(bins(step)) for step in (5, 10, 20, 50)}

    centers = bins(10)
    colors = float32(random.normal(0, 30, (40, 2)))
    colors[:3] = [[0, 0], [400, -300], [98.25, -60.5]]
    golden["spread"] = []
    for neighbors, sigma in ((5, 5.0), (1, 5.0), (10, 0.05), (7, 20.0)):
        encoded = soft(colors, centers, neighbors, sigma)
        order = np.argsort(((colors[:, None] - centers[None]) ** 2).sum(-1), axis=1, kind="stable")[:, :neighbors]
        golden["spread"].append({
            "neighbors": neighbors,
            "sigma": sigma,
            "colors": numbers(colors),
            "bins": order.ravel().tolist(),
            "shares": numbers(np.take_along_axis(encoded, order, 1)),
        })

    picture = random.integers(0, 256, (2, 12, 12, 3))
    ab = lab(picture / 255)[..., 1:]
    quarter = ab.reshape(2, 3, 4, 3, 4, 2).mean((2, 4))
    encoded = soft(quarter.reshape(-1, 2), centers, 5, 5.0)
    golden["picture"] = {"pixels": picture.ravel().tolist(), "encoded": [
        {str(index): float(f"{row[index]:.9g}") for index in np.flatnonzero(row)} for row in encoded
    ]}

    counts = np.zeros(len(centers), int)
    seen = random.choice(len(centers), 60, replace=False)
    counts[seen] = np.exp(random.uniform(0, 12, 60)).astype(int)
    golden["weights"] = {"counts": counts.tolist(), "cases": [
        {"sigma": sigma, "rebalance": rebalance, "weights": numbers(class_weights(counts, centers, sigma, rebalance))}
        for sigma, rebalance in ((5.0, 0.5), (5.0, 0.0), (5.0, 1.0), (12.0, 0.1))
    ]}

    # Fewer classes, so that every number fits into the file.
    centers = bins(50)
    shape = (2, 3, 2)
    colors = float32(random.normal(0, 40, (*shape, 2)))
    encoded = soft(colors.reshape(-1, 2), centers, 5, 25.0).reshape(*shape, -1).transpose(0, 3, 1, 2)
    logits = float32(random.normal(0, 3, encoded.shape))
    weights = float32(np.exp(random.normal(0, 1, len(centers))))
    slope = gradient(logits, encoded, weights)
    for _ in range(50):
        place = tuple(random.integers(0, size) for size in logits.shape)
        nudge = np.zeros_like(logits)
        nudge[place] = 1e-5
        up, down = (losses(logits + sign * nudge, encoded, weights).mean() for sign in (1, -1))
        assert abs((up - down) / 2e-5 - slope[place]) < 1e-8
    golden["loss"] = {
        "step": 50,
        "neighbors": 5,
        "sigma": 25.0,
        "shape": list(shape),
        "colors": numbers(colors),
        "logits": numbers(logits),
        "weights": numbers(weights),
        "losses": numbers(losses(logits, encoded, weights)),
        "gradient": numbers(slope),
    }
    means = {name: annealed(logits, centers, t) for name, t in (("0.38", 0.38), ("mean", 1.0), ("0.05", 0.05))}
    means["mode"] = centers[logits.argmax(1)].transpose(0, 3, 1, 2)
    golden["decoded"] = {name: numbers(enlarged(mean) / UNIT) for name, mean in means.items()}

    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(golden) + "\n")
    print(f"{target}: {target.stat().st_size} bytes, bins {golden['bin_counts']}, numpy {np.__version__}")


if __name__ == "__main__":
    main()
