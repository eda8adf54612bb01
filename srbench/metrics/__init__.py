"""Full-reference metrics: pure functions of two images, each usable alone."""

from srbench.metrics.aligned.erqa import erqa
from srbench.metrics.aligned.psnr_shift import psnr_shift
from srbench.metrics.fidelity.l1 import l1
from srbench.metrics.fidelity.ms_ssim import ms_ssim
from srbench.metrics.fidelity.mse import mse, rmse
from srbench.metrics.fidelity.psnr import psnr
from srbench.metrics.fidelity.sharpness_error import sharpness_error
from srbench.metrics.fidelity.ssim import ssim
from srbench.metrics.find import DEFAULT_METRICS, find_metrics
from srbench.metrics.score import Scores, compare, score

__all__ = [
    "DEFAULT_METRICS",
    "Scores",
    "compare",
    "erqa",
    "find_metrics",
    "l1",
    "ms_ssim",
    "mse",
    "psnr",
    "psnr_shift",
    "rmse",
    "score",
    "sharpness_error",
    "ssim",
]
