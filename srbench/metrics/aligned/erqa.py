"""Edge-restoration quality."""

from functools import partial
from itertools import product
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.api import Formula, ImagePair, MetricRequest
from srbench.errors import ImageError, RequestError, UndefinedMetricError
from srbench.metrics.aligned.search import shared, squared_errors
from srbench.metrics.pair.given import paired
from srbench.metrics.pair.readable import GivenImage

Edges = NDArray[np.bool_]

_ONCE = {"1.1": True, "1.0": False}
"""Whether an edge pixel of HR can be matched once only, by version."""

_THRESHOLDS = (100, 200)
"""Hysteresis thresholds of the edge detector, in gradients of 8-bit levels."""

_NEAR = sorted(product((0, -1, 1), repeat=2), key=lambda step: [abs(step[0]), step[0], abs(step[1]), step[1]])
"""Steps (down, right) to where an edge still counts as found, in the order in which edges are matched."""


def erqa(sr: GivenImage, hr: GivenImage, *, version: Literal["1.1", "1.0"] = "1.1") -> float:
    """Return the F1 score of the result's edges, of which HR's are the truth.

    The result is moved by up to 3 whole pixels in both directions to where its squared error is least. Edges are
    Canny's, with thresholds of 100 and 200, of the 8-bit colour images; an edge pixel matches one at most a pixel away
    in both directions. With TP the result's edge pixels that match, FP those that do not and FN the pixels of HR's
    edges that were not found, the value is 2·TP / (2·TP + FP + FN).

    Args:
        sr: Array or tensor, uint8 RGB, (3, H, W); at least 7 pixels on each side.
        hr: Same shape and device.
        version: `1.1` matches each of HR's edge pixels at most once, so that edges that are too wide count as wrong;
            `1.0` as often as there are edges near it.

    Returns:
        0…1; 0 if the result has no edges.

    Raises:
        ImageError: The shapes differ, or an image is not uint8 with three planes.
        UndefinedMetricError: HR has no edges, or a side is shorter than 7 pixels.
        RequestError: There is no such version.

    Source: A. Kirillova et al., "ERQA: Edge-restoration Quality Assessment for Video Super-Resolution", VISAPP 2022,
    doi:10.5220/0010780900003124; the values are those of the authors' package `erqa` 1.1.2.

    Example:
        >>> square = np.zeros((3, 32, 32), np.uint8)
        >>> square[:, 8:24, 8:24] = 255
        >>> erqa(np.roll(square, 2, axis=2), square)
        1.0
    """
    return erqa_of(paired(sr, hr), once=_once(version))


def erqa_of(pair: ImagePair, *, once: bool = True) -> float:
    """Return `erqa` of a pair of 8-bit RGB images, 0…1; `once` is what distinguishes version 1.1 from 1.0."""
    sr, hr = pair.arrays()
    if sr.dtype != np.uint8 or len(sr) != 3:
        raise ImageError("ERQA's edges are those of 8-bit colour images; give uint8 RGB, (3, H, W)")
    errors = squared_errors(pair)
    best = min(errors, key=errors.__getitem__)  # of equal errors the first, as the authors' package does
    found, wanted = (_edges(image) for image in shared(sr, hr, best))
    if not wanted.any():
        raise UndefinedMetricError("HR has no edges that could be found again")
    matched, missed = _matches(found, wanted, once=once)
    hits = int(matched.sum())
    wrong = int(found.sum()) - hits
    return 2 * hits / (2 * hits + wrong + int(missed.sum()))


def load(request: MetricRequest) -> Formula:
    """Return the formula of the version that the request's variant names.

    Raises:
        RequestError: There is no such version.
    """
    return partial(erqa_of, once=_once(request.variant or "1.1"))


def _once(version: str) -> bool:
    if version not in _ONCE:
        raise RequestError(f"ERQA has no version {version!r}; choose {' or '.join(_ONCE)}")
    return _ONCE[version]


def _edges(image: NDArray[Any]) -> Edges:
    """Return where Canny's detector finds edges, (H, W), in uint8 RGB, (3, H, W).

    It takes the steepest plane of each pixel, and the first of equally steep ones: blue comes first in the package.
    """
    marked: Edges = cv2.Canny(np.ascontiguousarray(image[::-1].transpose(1, 2, 0)), *_THRESHOLDS) > 0
    return marked


def _matches(found: Edges, wanted: Edges, *, once: bool) -> tuple[Edges, Edges]:
    """Return which of the result's edges lie near HR's, and which of HR's were not found.

    Args:
        found: Edges of the result, (H, W).
        wanted: Edges of HR, (H, W).
        once: Whether an edge pixel of HR can be matched once only.
    """
    matched, left = np.zeros_like(found), wanted.copy()
    for down, right in _NEAR:
        hits = np.roll(left, (down, right), (0, 1))  # wraps around at the border, as the package does
        hits &= found
        hits &= ~matched
        matched |= hits
        if once:
            left &= ~np.roll(hits, (-down, -right), (0, 1))
    return matched, left if once else wanted & ~matched
