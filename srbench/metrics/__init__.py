"""Full-reference metrics: pure functions of two images, each usable alone, and the table srbench runs from."""

from __future__ import annotations

from types import MappingProxyType

from srbench.api import Metric
from srbench.metrics.l1 import l1
from srbench.metrics.ms_ssim import ms_ssim
from srbench.metrics.mse import mse, rmse
from srbench.metrics.psnr import psnr
from srbench.metrics.sharpness_error import sharpness_error
from srbench.metrics.ssim import ssim

__all__ = ["DEFAULT_METRICS", "METRICS", "l1", "ms_ssim", "mse", "psnr", "rmse", "sharpness_error", "ssim"]

_LEVELS = "8-bit levels"

METRICS = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("psnr", psnr, "dB", True, 3, "peak signal-to-noise ratio, per image, then averaged"),
            Metric("ssim", ssim, "", True, 4, "structural similarity, 11×11 Gaussian, valid region"),
            Metric("ms_ssim", ms_ssim, "", True, 4, "multi-scale structural similarity, from 161 pixels up"),
            Metric("l1", l1, _LEVELS, False, 3, "mean absolute error"),
            Metric("mse", mse, f"{_LEVELS}²", False, 2, "mean squared error"),
            Metric("rmse", rmse, _LEVELS, False, 3, "root of the mean squared error"),
            Metric("sharpness_error", sharpness_error, "dB", False, 3, "distance of high-frequency energy from HR's"),
        )
    }
)
"""Every metric by name, in the order of the leaderboard's columns."""

DEFAULT_METRICS = ("psnr", "ssim", "ms_ssim", "l1")
"""What a run computes unless told otherwise."""
