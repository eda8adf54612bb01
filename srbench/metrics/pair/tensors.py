"""Statistics of two tensors, computed on their device, so that no image is copied back to be scored."""

from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from srbench.api import SsimTerms
from srbench.errors import ImageError
from srbench.metrics.pair.window import GAUSSIAN, WINDOW, check_level, check_shapes, check_window, ssim_constants


class TensorPair:
    """Statistics of two tensors: errors in integers or float64; SSIM in float32, within 1e-6 of `ArrayPair`."""

    def __init__(self, sr: Tensor, hr: Tensor, data_range: float) -> None:
        """Pair two images on one device, with shape and range as for `ArrayPair`.

        Raises:
            ImageError: The shapes differ or are not 2-D or 3-D, an image is empty, or a sample is not finite.
        """
        self.shape = check_shapes(tuple(sr.shape), tuple(hr.shape))
        self.data_range = data_range
        self._whole = sr.dtype == hr.dtype == torch.uint8
        self._sr, self._hr = self._prepared("sr", sr), self._prepared("hr", hr)
        self._levels = [torch.stack((self._sr, self._hr)).float()]
        self._terms: dict[int, SsimTerms] = {}

    def arrays(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the upscaled image and its HR as NumPy arrays: uint8 or float64, (C, H, W)."""
        sr, hr = (image.cpu().numpy() for image in (self._sr, self._hr))
        return sr, hr

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Return the upscaled image and its HR as tensors on their device: uint8 or float64, (C, H, W)."""
        return self._sr, self._hr

    def _prepared(self, name: str, image: Tensor) -> Tensor:
        planes = image.reshape(self.shape).to(torch.uint8 if self._whole else torch.float64)
        if not self._whole and not bool(torch.isfinite(planes).all()):
            raise ImageError(f"{name} holds NaN or infinite samples; metrics need finite samples")
        return planes

    @cached_property
    def _difference(self) -> Tensor:
        kind = torch.int32 if self._whole else torch.float64
        return self._sr.to(kind) - self._hr.to(kind)

    @cached_property
    def absolute_error(self) -> float:
        """Mean of |sr - hr| over all samples, in units of the images."""
        return self._difference.abs().sum().item() / self._difference.numel()

    @cached_property
    def squared_error(self) -> float:
        """Mean of (sr - hr)² over all samples, in squared units of the images."""
        return self._difference.square().sum().item() / self._difference.numel()

    def ssim_terms(self, level: int) -> SsimTerms:
        """Return the means of SSIM and its contrast factor after halving both images `level` times."""
        if level not in self._terms:
            check_level(level)
            while len(self._levels) <= level:
                self._levels.append(_halved(self._levels[-1]))
            self._terms[level] = _terms(self._levels[level], self.data_range)
        return self._terms[level]

    def laplacian_energies(self) -> tuple[float, float]:
        """Return the mean squares of the four-neighbour Laplacians of sr and of hr, border pixels excluded."""
        sr, hr = (_energy(image.double()) for image in (self._sr, self._hr))
        return sr, hr


def _terms(pair: Tensor, data_range: float) -> SsimTerms:
    """Return SSIM's means of a (2, C, H, W) pair, from sums and differences, as in `srbench.metrics.pair.loops`."""
    check_window(tuple(pair.shape))
    middle_x, middle_y = centres = pair.mean(dim=(2, 3), keepdim=True)
    x, y = pair - centres
    p, q = x + y, x - y
    mean_p, mean_q, square_p, square_q = _blurred(torch.stack((p, q, p * p, q * q)))
    variance_p, variance_q = square_p - mean_p * mean_p, square_q - mean_q * mean_q
    sum_p, sum_q = (mean_p + middle_x + middle_y) ** 2, (mean_q + middle_x - middle_y) ** 2
    c1, c2 = ssim_constants(data_range)
    contrast = (variance_p - variance_q + 2 * c2) / (variance_p + variance_q + 2 * c2)
    luminance = (sum_p - sum_q + 2 * c1) / (sum_p + sum_q + 2 * c1)
    means = torch.stack((luminance * contrast, contrast)).mean(dim=(2, 3), dtype=torch.float64)
    similarity, structure = (_array(row) for row in means)
    return SsimTerms(similarity, structure)


def _blurred(planes: Tensor) -> Tensor:
    """Return Gaussian means over the region the window fits in: (4, C, H, W) to (4, C, H - 10, W - 10)."""
    # Sums, because a convolution may run in TF32, which is the host's to switch.
    for axis in (2, 3):
        length = planes.shape[axis] - WINDOW + 1
        total = planes.narrow(axis, 0, length) * float(GAUSSIAN[0])
        for tap in range(1, WINDOW):
            total.add_(planes.narrow(axis, tap, length), alpha=float(GAUSSIAN[tap]))
        planes = total
    return planes


def _halved(pair: Tensor) -> Tensor:
    """Return means over 2×2 pixels, subsampled by 2; an odd last row or column is repeated."""
    height, width = pair.shape[2:]
    even = pad(pair, (0, width % 2, 0, height % 2), mode="replicate")
    return avg_pool2d(even, 2)


def _energy(image: Tensor) -> float:
    middle = image[:, 1:-1, 1:-1]
    around = image[:, :-2, 1:-1] + image[:, 2:, 1:-1] + image[:, 1:-1, :-2] + image[:, 1:-1, 2:]
    return float((around - 4 * middle).square().mean())


def _array(values: Tensor) -> NDArray[Any]:
    return np.asarray(values.cpu().numpy(), dtype=np.float64)
