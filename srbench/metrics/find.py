"""Metrics by name."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from srbench.api import Metric
from srbench.errors import UnknownNameError, suggest
from srbench.metrics.l1 import l1, l1_of
from srbench.metrics.ms_ssim import ms_ssim, ms_ssim_of
from srbench.metrics.mse import mse, mse_of, rmse, rmse_of
from srbench.metrics.psnr import psnr, psnr_of
from srbench.metrics.sharpness_error import sharpness_error, sharpness_error_of
from srbench.metrics.ssim import ssim, ssim_of

__all__ = ["DEFAULT_METRICS", "METRICS", "find_metrics"]

_LEVELS = "8-bit levels"

METRICS = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("psnr", psnr, psnr_of, "dB", True, 3, "peak signal-to-noise ratio, per image, then averaged"),
            Metric("ssim", ssim, ssim_of, "", True, 4, "structural similarity, 11×11 Gaussian, valid region"),
            Metric(
                "ms_ssim", ms_ssim, ms_ssim_of, "", True, 4, "multi-scale structural similarity, from 161 pixels up"
            ),
            Metric("l1", l1, l1_of, _LEVELS, False, 3, "mean absolute error"),
            Metric("mse", mse, mse_of, f"{_LEVELS}²", False, 2, "mean squared error"),
            Metric("rmse", rmse, rmse_of, _LEVELS, False, 3, "root of the mean squared error"),
            Metric(
                "sharpness_error",
                sharpness_error,
                sharpness_error_of,
                "dB",
                False,
                3,
                "distance of high-frequency energy from HR's",
            ),
        )
    }
)
"""Every metric by name, in the order of the leaderboard's columns."""

DEFAULT_METRICS = ("psnr", "ssim", "ms_ssim", "l1")
"""What a run computes unless told otherwise."""


def find_metrics(names: Sequence[str]) -> tuple[str, ...]:
    """Names of metrics, if they are known.

    Raises:
        UnknownNameError: One is not.
    """
    for name in tuple(names):
        if name not in METRICS:
            raise UnknownNameError(f"unknown metric {name!r}{suggest(name, METRICS)}; see: srbench list metrics")
    return tuple(names)
