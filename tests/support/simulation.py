"""Simulations of what a leaderboard claims: coverage of its intervals, false letters, and power.

`python tests/support/simulation.py results/statistics.md` runs the long form and writes its tables; the tests run
a short form of the same functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.special import gammaln

from srbench.api import MetricInfo, Prediction
from srbench.leaderboard.columns.recognition import estimates
from srbench.leaderboard.significance.intervals import mean_intervals
from srbench.leaderboard.significance.paired import significant_pairs

METRIC = MetricInfo("psnr", "dB", True, 3)

Sampler = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

DISTRIBUTIONS: dict[str, tuple[Sampler, float]] = {
    "normal": (lambda generator, size: generator.normal(0, 1, size), 0.0),
    "skewed": (lambda generator, size: generator.exponential(1, size), 1.0),
    "heavy-tailed": (lambda generator, size: generator.standard_t(3, size), 0.0),
}
"""Samplers with their means: normal, exponential (skewness 2), and Student's t with three degrees of freedom (infinite
kurtosis)."""


def coverage(name: str, images: int, samples: int, resamples: int = 2000, seed: int = 1) -> float:
    """Share of samples whose 95 % interval covers the true mean."""
    sampler, mean = DISTRIBUTIONS[name]
    values = sampler(np.random.default_rng(seed), (samples, images))
    low, high = mean_intervals(values, resamples).T
    return float(np.mean((low <= mean) & (mean <= high)))


def tables(name: str, methods: int, images: int, count: int, shift: float = 0.0, seed: int = 2) -> list[dict]:
    """Tables of values by method and image: an image's own level, plus an independent draw for each method.

    The first method is better by `shift` standard deviations of the difference between two methods.
    """
    sampler, _ = DISTRIBUTIONS[name]
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        level = generator.normal(30, 3, images)
        values = level + sampler(generator, (methods, images))
        if shift:
            scale = {"normal": 1.0, "skewed": 1.0, "heavy-tailed": np.sqrt(3)}[name]
            values[0] += shift * np.sqrt(2) * scale
        found.append({f"m{method}": dict(enumerate(row)) for method, row in enumerate(values)})
    return found


def false_letters(name: str, methods: int, images: int, count: int) -> float:
    """Share of tables of equally good methods in which any two of them get different letters."""
    return float(np.mean([bool(significant_pairs(one, METRIC)) for one in tables(name, methods, images, count)]))


def false_letters_of_skewed_differences(images: int, count: int, seed: int = 4) -> float:
    """Share of tables of two methods with different letters, whose difference is skewed and 0 in the mean."""
    generator = np.random.default_rng(seed)
    found = 0
    for _ in range(count):
        level = generator.normal(30, 3, images)
        other = level + generator.exponential(1, images) - 1
        found += bool(significant_pairs({"a": dict(enumerate(level)), "b": dict(enumerate(other))}, METRIC))
    return found / count


def power(name: str, images: int, shift: float, count: int) -> float:
    """Share of tables of two methods in which the better one gets another letter."""
    return float(np.mean([bool(significant_pairs(one, METRIC)) for one in tables(name, 2, images, count, shift)]))


_HR = 0.3
"""An image's share of correct attributes on HR is its share on the result to this power, which is larger."""


def _mean_power(a: float, b: float, power: float) -> float:
    """Mean of a beta-distributed number to a power."""
    return float(np.exp(gammaln(a + power) + gammaln(a + b) - gammaln(a) - gammaln(a + b + power)))


def recognition_coverage(
    score: str, images: int, samples: int, right: float = 0.8, seed: int = 3
) -> tuple[float, float]:
    """Share of samples with an interval, and the share of those intervals that cover the true value.

    Ten attributes; an image's share of correct ones varies between images, so that its attributes are not independent.
    """
    generator = np.random.default_rng(seed)

    def drawn(size: int) -> list[Prediction]:
        ease = generator.beta(8 * right, 8 * (1 - right), (size, 1))
        truth = generator.random((size, 10)) < 0.4
        sr, hr = (np.where(generator.random((size, 10)) < chance, truth, ~truth) for chance in (ease, ease**_HR))
        if score == "top1":
            return [
                Prediction("classes", (int(a[0]),), (int(b[0]),), None, 0.0, True)
                for a, b in zip(sr, truth, strict=True)
            ]
        return [
            Prediction("attributes", tuple(map(int, a)), tuple(map(int, b)), tuple(map(int, t)), 0.0, None)
            for a, b, t in zip(sr, hr, truth, strict=True)
        ]

    true = right / _mean_power(8 * right, 8 * (1 - right), _HR) if score == "retained" else right
    found = [estimates(drawn(images))[score] for _ in range(samples)]
    known = [one for one in found if one.low is not None]
    return len(known) / samples, float(np.mean([one.low <= true <= one.high for one in known]))


def main(path: Path) -> None:
    """Run the long form and write its tables as markdown."""
    lines = [
        "# What the statistics of a leaderboard hold",
        "Simulated by `python tests/support/simulation.py results/statistics.md`. Values are normal, skewed "
        "(exponential) or heavy-tailed (Student's t, three degrees of freedom).",
        "## Coverage of the 95 % intervals\n\n5,000 samples of each size, 5,000 resamples; below ten images there is "
        "no interval.",
        "| images | " + " | ".join(DISTRIBUTIONS) + " |\n|---:|" + "---:|" * len(DISTRIBUTIONS),
    ]
    for images in (10, 11, 12, 14, 16, 20, 30, 50, 100, 200, 500):
        shares = [coverage(name, images, 5_000, 5_000) for name in DISTRIBUTIONS]
        lines[-1] += f"\n| {images} | " + " | ".join(f"{share:.1%}" for share in shares) + " |"
    lines += [
        "## Tables with a false letter\n\nShare of tables of equally good methods in which any two get different "
        "letters, of 10,000 tables of two methods and 2,000 of more; at most 5 % are allowed. In the last column the "
        "difference itself is skewed (exponential, 0 in the mean), which the test does not assume.",
        "| methods | images | " + " | ".join(DISTRIBUTIONS) + " | skewed difference |\n|---:|---:|" + "---:|" * 4,
    ]
    for methods, images in ((2, 6), (2, 10), (2, 14), (2, 100), (5, 10), (5, 14), (5, 100), (12, 14), (12, 100)):
        count = 10_000 if methods == 2 else 2_000
        shares = [false_letters(name, methods, images, count) for name in DISTRIBUTIONS]
        skewed = f"{false_letters_of_skewed_differences(images, count):.1%}" if methods == 2 else ""
        lines[-1] += f"\n| {methods} | {images} | " + " | ".join(f"{share:.1%}" for share in shares) + f" | {skewed} |"
    lines += [
        "## Power\n\nShare of 1,000 tables of two methods in which the better one gets another letter, by the "
        "mean difference in standard deviations of the images' differences.",
        "| images | difference | " + " | ".join(DISTRIBUTIONS) + " |\n|---:|---:|" + "---:|" * len(DISTRIBUTIONS),
    ]
    for images, shift in ((6, 1.0), (14, 0.5), (14, 1.0), (30, 0.5), (100, 0.2), (100, 0.3), (100, 0.5)):
        shares = [power(name, images, shift, 1000) for name in DISTRIBUTIONS]
        lines[-1] += f"\n| {images} | {shift} | " + " | ".join(f"{share:.1%}" for share in shares) + " |"
    lines += [
        "## Coverage of classifiers' intervals\n\n200 samples of images of which 80 % of the attributes are "
        "recognised. Where the images are too alike for an interval to hold, there is none: the first share.",
        "| images | score | with an interval | coverage |\n|---:|---|---:|---:|",
    ]
    for images in (10, 20, 50):
        for score in ("accuracy", "retained", "balanced", "top1"):
            known, share = recognition_coverage(score, images, 200)
            lines[-1] += f"\n| {images} | {score} | {known:.1%} | {share:.1%} |"
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
