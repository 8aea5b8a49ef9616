"""Reference values for the statistics room, from SciPy and statsmodels.

    pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    python tests/golden/comparisons.py

Writes comparisons.json beside this file. Values are rounded to 6 digits before anything is computed from them, so that
the file holds exactly what was computed with.
"""

import json
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

RESAMPLES = 200_000
random = np.random.default_rng(20)


def rounded(values):
    return np.round(values, 6)


def terms(values, below=None):
    """Numerators and denominators as the room takes them."""
    below = np.ones_like(values) if below is None else below
    return [[float(a), float(b)] for a, b in zip(values, below)]


def ratio(values, below, axis=-1):
    return np.sum(values, axis=axis) / np.sum(below, axis=axis)


def level(images):
    """What the middle of the resamples has to be for few images: Hesterberg's expanded percentile interval."""
    return 1 - 2 * stats.norm.cdf(-np.sqrt(images / (images - 1)) * stats.t.ppf(0.975, images - 1))


def bounds(result):
    return [float(result.confidence_interval.low), float(result.confidence_interval.high)]


def descriptions():
    cases = []
    for values in ([1.5, 2.25], [3.0, 3.5, 2.0], [-1.0, 4.0, 2.5, 7.25, 0.5], rounded(random.gamma(2, 3, 57))):
        values = np.asarray(values)
        interval = stats.t.interval(0.95, len(values) - 1, loc=values.mean(), scale=stats.sem(values))
        cases.append({
            "values": values.tolist(),
            "mean": float(values.mean()),
            "standard_deviation": float(values.std(ddof=1)),
            "interval": [float(bound) for bound in interval],
        })
    return cases


def corrections():
    cases = []
    for p in ([0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.5, 0.5], [0.001, 0.9, 0.0004, 0.03, 0.03, 1.0],
              rounded(random.random(12) ** 3).tolist()):
        cases.append({"p_values": p, "corrected": multipletests(p, method="holm")[1].tolist()})
    return cases


def p_value(beyond, images):
    """What confidence the interval whose end is zero has, turned around; `beyond` is the share of resamples past zero.
    The room draws 10,000, and takes half a resample for none."""
    student = stats.norm.isf(np.clip(beyond, 0.5 / 10_000, 0.5)) / np.sqrt(images / (images - 1))
    return float(2 * stats.t.sf(student, images - 1))


def p_of(result, images):
    drawn = result.bootstrap_distribution
    return p_value(min(np.mean(drawn <= 0), np.mean(drawn >= 0)), images)


def means(name, images, shift, noise):
    """A metric that is a mean, on images that both sides have."""
    base = random.normal(22, 3, images)
    of = rounded(base + shift + random.normal(0, noise, images))
    against = rounded(base)
    differences = of - against
    drawn = stats.bootstrap(
        (differences,), np.mean, confidence_level=level(images), n_resamples=RESAMPLES, method="percentile",
        batch=1000, rng=2)
    return {
        "name": name,
        "of": terms(of),
        "against": terms(against),
        "difference": float(differences.mean()),
        "interval": bounds(drawn),
        "p_value": p_of(drawn, images),
        "effect": float(differences.mean() / differences.std(ddof=1)),
    }


def ratios(name, images, factor, noise):
    """A metric that is a sum over a sum, such as the colorfulness ratio."""
    truth = rounded(random.gamma(4, 10, images))
    scale = random.gamma(20, 0.02, images)
    of = rounded(truth * scale * factor * np.exp(random.normal(0, noise, images)))
    against = rounded(truth * scale)
    statistic = lambda x, y, below, axis: ratio(x, below, axis) - ratio(y, below, axis)
    # What one image moves: for equal denominators the difference's own deviations.
    moved = (of - against - (ratio(of, truth) - ratio(against, truth)) * truth) / truth.mean()
    drawn = stats.bootstrap(
        (of, against, truth), statistic, paired=True, confidence_level=level(images), n_resamples=RESAMPLES,
        method="percentile", batch=1000, rng=3)
    return {
        "name": name,
        "of": terms(of, truth),
        "against": terms(against, truth),
        "difference": float(ratio(of, truth) - ratio(against, truth)),
        "interval": bounds(drawn),
        "p_value": p_of(drawn, images),
        "effect": float((ratio(of, truth) - ratio(against, truth)) / moved.std(ddof=1)),
    }


def apart(name, sizes, shift):
    """Two sides that share no image."""
    of = rounded(random.gamma(3, 2, sizes[0]) + shift)
    against = rounded(random.gamma(3, 2, sizes[1]))
    statistic = lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis)
    pooled = np.sqrt(
        ((sizes[0] - 1) * of.var(ddof=1) + (sizes[1] - 1) * against.var(ddof=1)) / (sum(sizes) - 2))
    drawn = stats.bootstrap(
        (of, against), statistic, confidence_level=level(min(sizes)), n_resamples=RESAMPLES, method="percentile",
        batch=1000, rng=5)
    return {
        "name": name,
        "of": terms(of),
        "against": terms(against),
        "difference": float(of.mean() - against.mean()),
        "interval": bounds(drawn),
        "p_value": p_of(drawn, min(sizes)),
        "effect": float((of.mean() - against.mean()) / pooled),
    }


def held_against_a_value(name, images, value):
    of = rounded(random.normal(1, 0.2, images))
    drawn = stats.bootstrap(
        (of - value,), np.mean, confidence_level=level(images), n_resamples=RESAMPLES, method="percentile",
        batch=1000, rng=7)
    return {
        "name": name,
        "of": terms(of),
        "value": value,
        "difference": float(of.mean() - value),
        "interval": bounds(drawn),
        "p_value": p_of(drawn, images),
        "effect": float((of.mean() - value) / of.std(ddof=1)),
    }


def seeds(name, values, against, images):
    """Runs whose images are all alike, so that seeds alone matter: Student's interval, against a number."""
    values = np.asarray(values)
    interval = stats.t.interval(
        level(images), len(values) - 1, loc=values.mean() - against, scale=stats.sem(values))
    return {
        "name": name,
        "images": images,
        "seeds": values.tolist(),
        "value": against,
        "interval": [float(bound) for bound in interval],
        "p_value": p_value(
            stats.t.sf(abs(values.mean() - against) / stats.sem(values), len(values) - 1), images),
    }


golden = {
    "descriptions": descriptions(),
    "corrections": corrections(),
    "paired": [
        means("10 images, a difference within the noise", 10, 0.2, 1.0),
        means("14 images, a plain difference", 14, 1.0, 0.8),
        means("40 images", 40, 0.3, 1.0),
        means("200 images", 200, -0.1, 0.9),
        ratios("ratio, 12 images", 12, 1.3, 0.5),
        ratios("ratio, 60 images", 60, 1.1, 0.4),
        ratios("ratio, 300 images", 300, 0.98, 0.3),
    ],
    "unpaired": [
        apart("60 against 25", (60, 25), 0.7),
        apart("20 against 150", (20, 150), -0.4),
    ],
    "values": [
        held_against_a_value("12 images", 12, 0.9),
        held_against_a_value("80 images", 80, 1.05),
    ],
    "seeds": [
        seeds("two", [0.51, 0.55], 0.4, 12),
        seeds("three", [23.1, 22.7, 23.6], 22.0, 400),
        seeds("five", [0.9, 1.1, 1.0, 1.3, 0.8], 1.0, 30),
    ],
}
path = Path(__file__).with_suffix(".json")
# One case a line.
kinds = (
    f'"{kind}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]" for kind, cases in golden.items()
)
path.write_text("{\n" + ",\n".join(kinds) + "\n}\n")
