"""MATLAB's `imresize`, bit-exact: the downscaling behind nearly all published super-resolution results.

Source: the behaviour of MathWorks' `imresize` (antialiased, separable, rows first); cubic kernel with a = -1/2 from
R. Keys, "Cubic convolution interpolation for digital image processing", 1981, doi:10.1109/TASSP.1981.1163711.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from srbench.errors import ImageError

Border = Literal["symmetric", "replicate"]
"""`symmetric` mirrors with the edge pixel repeated (MATLAB since R2012); `replicate` repeats the edge (earlier)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kernel:
    """A continuous interpolation kernel.

    Attributes:
        name: Key in cards and messages.
        width: Support in input pixels when enlarging.
        weight: Kernel function of float64 offsets in pixels.
    """

    name: str
    width: float
    weight: Callable[[Floats], Floats]


def _cubic(x: Floats) -> Floats:
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def _linear(x: Floats) -> Floats:
    triangle: Floats = np.maximum(0.0, 1 - np.abs(x))
    return triangle


def _box(x: Floats) -> Floats:
    return ((x >= -0.5) & (x < 0.5)).astype(np.float64)


def _lanczos3(x: Floats) -> Floats:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


KERNELS: dict[str, Kernel] = {
    kernel.name: kernel
    for kernel in (
        Kernel("box", 1.0, _box),
        Kernel("linear", 2.0, _linear),
        Kernel("cubic", 4.0, _cubic),
        Kernel("lanczos3", 6.0, _lanczos3),
    )
}


class Taps(NamedTuple):
    """Input samples and weights of each output sample of a 1-D resampling.

    Attributes:
        indices: intp, (length_out, taps): input positions, folded back at the borders.
        weights: float64, (length_out, taps); every row sums to 1.
    """

    indices: NDArray[np.intp]
    weights: Floats


@lru_cache(maxsize=64)
def resample_taps(length_in: int, length_out: int, kernel: str = "cubic", border: Border = "symmetric") -> Taps:
    """Compute positions and weights of MATLAB's 1-D resampling.

    Output sample x (from 1) lies at u = x/scale + (1 - 1/scale)/2; when shrinking, the kernel is stretched by
    1/scale, which is MATLAB's antialiasing.

    Args:
        length_in: Input length in pixels.
        length_out: Output length in pixels.
        kernel: Key of `KERNELS`.
        border: Extension beyond the first and last sample.

    Returns:
        The taps, without columns of zero weight.
    """
    scale = length_out / length_in
    shape = KERNELS[kernel]
    stretch = min(scale, 1.0)
    width = shape.width / stretch
    centre = np.arange(1, length_out + 1) / scale + 0.5 * (1 - 1 / scale)
    first = np.floor(centre - width / 2)
    positions = first[:, None] + np.arange(int(np.ceil(width)) + 2)
    weights = stretch * shape.weight(stretch * (centre[:, None] - positions))
    weights /= weights.sum(axis=1, keepdims=True)
    indices = _fold(positions.astype(np.intp) - 1, length_in, border)
    used = np.flatnonzero(weights.any(axis=0))
    indices, weights = indices[:, used], weights[:, used]
    indices.setflags(write=False)
    weights.setflags(write=False)
    return Taps(indices, weights)


def _fold(indices: NDArray[np.intp], length: int, border: Border) -> NDArray[np.intp]:
    if border == "replicate":
        return np.clip(indices, 0, length - 1)
    period = indices % (2 * length)
    return np.minimum(period, 2 * length - 1 - period)


def imresize(
    image: NDArray[Any], size: tuple[int, int], *, kernel: str = "cubic", border: Border = "symmetric"
) -> NDArray[Any]:
    """Resize as MATLAB's `imresize(image, size, kernel)` does.

    For uint8 each of the two passes rounds halves up and clips, as MATLAB does; float input is never rounded.

    Args:
        image: uint8 or float, (..., H, W), any range.
        size: Output height and width in pixels, each at least 1.
        kernel: Key of `KERNELS`.
        border: Extension beyond the edge.

    Returns:
        uint8 for uint8, float32 for float32 (computed in float64), else float64; (..., *size).

    Raises:
        ImageError: A side of the image or of the result has no pixel, or the dtype is neither uint8 nor float.

    Example:
        >>> imresize(np.array([[0, 100]], dtype=np.uint8), (1, 4))
        array([[  0,  20,  80, 109]], dtype=uint8)
    """
    if min(*image.shape[-2:], *size) < 1:
        raise ImageError(f"cannot resize {image.shape[-2:]} to {size}: every side must have at least one pixel")
    if image.dtype != np.uint8 and not np.issubdtype(image.dtype, np.floating):
        raise ImageError(f"imresize takes uint8 or float samples, got {image.dtype}; convert the array")
    planes = image.reshape(-1, *image.shape[-2:])
    # MATLAB first resizes the axis with the smaller scale; rows before columns if both are equal.
    if size[1] / image.shape[-1] < size[0] / image.shape[-2]:
        resized = _both_passes(planes.swapaxes(1, 2), size[::-1], kernel, border).swapaxes(1, 2)
    else:
        resized = _both_passes(planes, size, kernel, border)
    return np.ascontiguousarray(resized).reshape(*image.shape[:-2], *size)


def _both_passes(planes: NDArray[Any], size: tuple[int, int], kernel: str, border: Border) -> NDArray[Any]:
    """Resize rows, then columns; taps are added in a fixed order, so that ties round alike on every machine."""
    from srbench.parallel import banded_planes, plain  # here, so that listing does not load a compiler
    from srbench.protocols.loops import resize_rows

    down, right = (
        resample_taps(before, after, kernel, border) for before, after in zip(planes.shape[1:], size, strict=True)
    )
    whole = planes.dtype == np.uint8
    precise = np.float32 if whole and _exact(down) and _exact(right) else np.float64
    down_weights, right_weights = (plain(taps.weights, precise) for taps in (down, right))
    down_indices, right_indices = plain(down.indices), plain(right.indices)
    out = np.empty((len(planes), *size), planes.dtype if planes.dtype in (np.uint8, np.float32) else np.float64)
    source = plain(planes)

    def band(plane: int, start: int, stop: int) -> None:
        axes = (down_indices, down_weights, right_indices, right_weights)
        resize_rows(source[plane], out[plane], *axes, whole, start, stop)

    banded_planes(band, len(planes), size[0])
    return out


def _exact(taps: Taps) -> bool:
    """Return whether both passes over uint8 are exact in float32, as for integer factors that are powers of two.

    The weights are then multiples of 2⁻¹⁴, a row's magnitudes sum to less than 2, and 14 + 1 + 8 bits fit into 24.
    """
    scaled = taps.weights * 2**14
    return bool((scaled == np.floor(scaled)).all() and (np.abs(taps.weights).sum(axis=1) < 2).all())


def modcrop(image: NDArray[Any], scale: int) -> NDArray[Any]:
    """Crop the bottom and right so that both sides are multiples of the scale.

    Args:
        image: (..., H, W).
        scale: Integer scale.

    Returns:
        A view, (..., H - H mod scale, W - W mod scale).

    Raises:
        ImageError: Nothing would be left.
    """
    height, width = (side - side % scale for side in image.shape[-2:])
    if min(height, width) == 0:
        raise ImageError(f"a {image.shape[-1]}×{image.shape[-2]} image is smaller than one LR pixel at scale {scale}")
    return image[..., :height, :width]
