"""A whole run on a GPU beside the loop of the usual repositories; skipped without one."""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import srbench
from srbench.api import Inference
from srbench.cards import installed_cards
from srbench.methods import find_method
from srbench.metrics.pair.arrays import ArrayPair
from srbench.metrics.pair.tensors import TensorPair
from srbench.protocols import imresize, luma

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def the_usual_loop(folder):
    """One image after the other: fp32, default layout, batch 1, PSNR and SSIM on the processor."""
    network = find_method("edsr", installed_cards()).build(4, Inference("cuda")).network
    network.to(memory_format=torch.contiguous_format)
    for path in sorted(folder.iterdir()):
        hr = np.ascontiguousarray(np.asarray(Image.open(path)).transpose(2, 0, 1))
        lr = torch.from_numpy(imresize(hr, (hr.shape[1] // 4, hr.shape[2] // 4))).float()[None] / 255
        with torch.no_grad():
            sr = network(lr.to("cuda")).clamp(0, 1)[0].cpu().numpy()
        a, b = (luma(image)[0, 4:-4, 4:-4] for image in ((sr * 255).round().astype(np.uint8), hr))
        peak_signal_noise_ratio(b, a, data_range=255)
        structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16"])
def test_a_run_is_5_times_as_fast_as_the_usual_loop(photos_2k, precision):
    options = {"datasets": str(photos_2k), "scale": 4, "metrics": ("psnr", "ssim"), "precision": precision}

    def run():
        assert srbench.run("edsr", device="cuda", **options).failed == 0

    run()
    the_usual_loop(photos_2k)
    found = statistics.median(seconds(lambda: the_usual_loop(photos_2k)) / seconds(run) for _ in range(7))
    print(f"\nratio {found:.4g}")
    assert found > (5 if precision == "bf16" else 1)


def test_metrics_on_the_device_are_the_processors(pair):
    here, there = ArrayPair(*pair, 255.0), TensorPair(*(torch.from_numpy(image).cuda() for image in pair), 255.0)
    assert there.squared_error == pytest.approx(here.squared_error, rel=1e-9)
    for level in range(5):
        for mine, theirs in zip(there.ssim_terms(level), here.ssim_terms(level), strict=True):
            assert np.abs(mine - theirs).max() < 1e-5
