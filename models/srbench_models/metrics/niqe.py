"""Natural image quality evaluator: how far the statistics of an image are from those of pristine photographs.

Source: A. Mittal, R. Soundararajan, A. C. Bovik, "Making a 'completely blind' image quality analyzer", IEEE SPL 2013,
doi:10.1109/LSP.2012.2227726. Details that the paper leaves open are those of BasicSR, which follows the authors' MATLAB
program and reads the same parameters.
"""

import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d  # type: ignore[import-untyped]
from scipy.special import gamma  # type: ignore[import-untyped]

from srbench.api import Formula, ImagePair, MetricRequest, Noted
from srbench.errors import UndefinedMetricError, WeightsError
from srbench.protocols import imresize, luma, quantise

Array = NDArray[Any]
Floats = NDArray[np.float64]

BLOCK = 96
"""Side of a block in pixels; half as much at the second scale."""

FEATURES = 36
"""Features of a block: 18 at each of two scales."""

_SHAPES = {"mu_pris_param": (1, FEATURES), "cov_pris_param": (FEATURES, FEATURES), "gaussian_window": (7, 7)}
"""Names in the parameter file, and their shapes."""

_FEWEST_BLOCKS = 4

_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Steps (down, right) from a pixel's neighbour to the pixel: horizontal, vertical and both diagonals."""


@dataclass(frozen=True)
class Pristine:
    """Gaussian model of the features of pristine photographs.

    Attributes:
        mean: float64, (36,).
        covariance: float64, (36, 36).
        taps: Weights along one axis of the window in which local mean and deviation are taken, float64, (7,).
    """

    mean: Floats
    covariance: Floats
    taps: Floats


def load(request: MetricRequest) -> Formula:
    """Return NIQE's formula, a function of an image pair that looks at the result alone.

    Raises:
        WeightsError: The request has no parameter file, or the file is damaged.
    """
    if request.weights is None:
        raise WeightsError("niqe needs its parameters, niqe_pris_params.npz; this request has no file")
    model = read_pristine(request.weights)

    def formula(pair: ImagePair) -> Noted:
        return niqe(pair.arrays()[0], model)

    return formula


def read_pristine(path: Path) -> Pristine:
    """Read the model of pristine photographs from `niqe_pris_params.npz`, without executing anything in it.

    Raises:
        WeightsError: The file cannot be read, or holds something else.
    """
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as file:  # given a path, it leaks one on errors
            mean, covariance, window = (np.asarray(file[name], np.float64) for name in _SHAPES)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        NotImplementedError,
        zipfile.error,
        zlib.error,
    ) as error:
        raise WeightsError(f"{path.name}: is no .npz file of arrays, as NIQE's parameters are") from error
    given = (mean, covariance, window)
    if [array.shape for array in given] != [*_SHAPES.values()] or not all(np.isfinite(array).all() for array in given):
        raise WeightsError(f"{path.name}: expected finite arrays {_SHAPES}, got {[array.shape for array in given]}")
    taps = window.sum(axis=1)
    if not np.allclose(np.outer(taps, taps), window, atol=1e-12):
        raise WeightsError(f"{path.name}: its window is no product of rows and columns, as a Gaussian is")
    return Pristine(mean[0], covariance, taps)


def niqe(image: Array, model: Pristine) -> Noted:
    """Return the distance of an image's features from those of pristine photographs.

    Luma is normalised by its local mean and deviation. Of each 96×96 block, at full and half size, generalised Gaussian
    distributions are fitted to the normalised samples and to products of neighbours; their parameters are 36 features.
    With mean m and covariance C over the blocks, the distance is √((m − m₀)ᵀ ((C + C₀) / 2)⁻¹ (m − m₀)).

    Args:
        image: uint8 RGB, (3, H, W); what exceeds whole blocks, right and below, is not used.
        model: Model of pristine photographs, m₀ and C₀.

    Returns:
        ≥ 0, lower is better; with a remark if the covariance is that of fewer blocks than features.

    Raises:
        UndefinedMetricError: The image has fewer than four blocks, or fewer than two with detail.
    """
    rows, columns = (side // BLOCK for side in image.shape[-2:])
    if rows * columns < _FEWEST_BLOCKS:
        raise UndefinedMetricError(
            f"{image.shape[-1]}×{image.shape[-2]} pixels hold {rows * columns} blocks of {BLOCK}×{BLOCK};"
            f" NIQE needs {_FEWEST_BLOCKS}"
        )
    features = _features_of_blocks(image[:, : rows * BLOCK, : columns * BLOCK], model.taps)
    whole = features[~np.isnan(features).any(axis=1)]
    if len(whole) < 2:
        raise UndefinedMetricError(f"{len(whole)} of {len(features)} blocks have detail; NIQE needs two")
    away = np.nanmean(features, axis=0) - model.mean
    spread = (np.cov(whole, rowvar=False) + model.covariance) / 2
    distance = float(np.sqrt(away @ np.linalg.pinv(spread) @ away))
    if len(whole) >= FEATURES:
        return Noted(distance)
    count = f"{len(whole)} blocks of {BLOCK}×{BLOCK} pixels, fewer than its {FEATURES} features"
    return Noted(distance, f"{count}; unsteady, so compare it only on the same images")


def _features_of_blocks(image: Array, taps: Floats) -> Floats:
    """Return the features of all blocks, (blocks, 36), of RGB, (3, rows · 96, columns · 96); NaN where undefined."""
    # Single precision as in BasicSR: mean and deviation of a flat region are then exactly its level and 0.
    plane = quantise(luma(image))[0].astype(np.float32)
    fine = _features(_normalised(plane, taps), BLOCK)
    size = plane.shape[0] // 2, plane.shape[1] // 2
    half = imresize(plane.astype(np.float64), size).astype(np.float32)
    return np.concatenate([fine, _features(_normalised(half, taps), BLOCK // 2)], axis=1)


def _normalised(plane: Array, taps: Floats) -> Array:
    """Return (samples - local mean) / (local deviation + 1) of a plane, (H, W), float32, 0…255."""
    mean = _weighted(plane, taps)
    deviation = np.sqrt(np.abs(_weighted(np.square(plane), taps) - np.square(mean)))
    normalised: Array = (plane - mean) / (deviation + 1)
    return normalised


def _weighted(plane: Array, taps: Floats) -> Array:
    """Return the weighted mean around each sample, summed in float64, edges repeated: float32, (H, W)."""
    rows = correlate1d(plane, taps, axis=0, output=np.float64, mode="nearest")
    weighted: Array = correlate1d(rows, taps, axis=1, output=np.float32, mode="nearest")
    return weighted


def _features(normalised: Array, side: int) -> Floats:
    """Return 18 features of each block of `side`² samples: (blocks, 18)."""
    height, width = normalised.shape
    blocks = normalised.reshape(height // side, side, width // side, side).swapaxes(1, 2).reshape(-1, side, side)
    shape, left, right = _fitted(blocks)
    features = [shape, (left + right) / 2]
    for step in _NEIGHBOURS:
        shape, left, right = _fitted(blocks * np.roll(blocks, step, axis=(1, 2)))
        features += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return np.stack(features, axis=1)


def _fitted(blocks: Array) -> tuple[Floats, Floats, Floats]:
    """Fit an asymmetric generalised Gaussian distribution to each block by its moments.

    Args:
        blocks: float32, (blocks, side, side).

    Returns:
        Shape, left scale and right scale, each (blocks,). Without samples below or above 0, a scale is NaN and the
        shape the least of the grid, which counts in the mean over blocks as in the authors' program.
    """
    below, above = np.minimum(blocks, 0), np.maximum(blocks, 0)
    squares_below, squares_above = _sums(np.square(below)), _sums(np.square(above))
    count = blocks[0].size
    grid, ratios = _shapes()
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.sqrt(squares_below / np.count_nonzero(below, axis=(1, 2)))
        right = np.sqrt(squares_above / np.count_nonzero(above, axis=(1, 2)))
        skew = left / right
        ratio = ((_sums(above) - _sums(below)) / count) ** 2 / ((squares_below + squares_above) / count)
        wanted = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shape = grid[np.where(np.isnan(wanted), 0, _nearest(ratios, wanted))]
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * scale, right * scale


def _sums(blocks: Array) -> Floats:
    sums: Floats = blocks.sum(axis=(1, 2), dtype=np.float64)
    return sums


@lru_cache(maxsize=1)
def _shapes() -> tuple[Floats, Floats]:
    """Return the grid of shapes α, 0.2 to 10 in steps of 0.001, and Γ(2/α)² / (Γ(1/α) Γ(3/α)), which rises with α."""
    grid = np.arange(0.2, 10.001, 0.001)
    return grid, gamma(2 / grid) ** 2 / (gamma(1 / grid) * gamma(3 / grid))


def _nearest(rising: Floats, values: Floats) -> NDArray[np.intp]:
    """Return the index of the number nearest to each value; of two equally near ones, the first."""
    after = np.searchsorted(rising, values).clip(1, len(rising) - 1)
    nearest: NDArray[np.intp] = after - (values - rising[after - 1] <= rising[after] - values)
    return nearest
