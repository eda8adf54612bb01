"""Speed as ratios within one run: machines differ and drift, so no time is asserted, only how two compare."""

from __future__ import annotations

import os
import shutil
import statistics
import time

import cv2
import numpy as np
import pytest

from srbench.files import write_image
from srbench.methods import tune

SIZE_2K = (1356, 2040)

IMAGES = int(os.environ.get("SRBENCH_BENCH_IMAGES", "6"))
"""Of 2K; 40 are what the README's figures are of."""


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.fixture
def ratio(benchmark):
    """Median over interleaved rounds of one call's time over another's, so that a drift strikes both alike."""

    def measured(call, other, rounds=7):
        call()
        other()
        found = statistics.median(seconds(call) / seconds(other) for _ in range(rounds))
        benchmark.extra_info["ratio"] = round(found, 4)
        benchmark.pedantic(call, rounds=1)
        print(f"\nratio {found:.4g}")
        return found

    return measured


@pytest.fixture(scope="session", autouse=True)
def _as_a_run_is_set_up():
    tune()


@pytest.fixture(scope="session")
def pair():
    """A 2K photograph's worth of texture and a blurred, noisy version of it: uint8, (3, 1356, 2040)."""
    generator = np.random.default_rng(0)
    noise = generator.normal(128, 90, (3, *SIZE_2K)).clip(0, 255).astype(np.uint8)
    hr = np.stack([cv2.GaussianBlur(plane, (0, 0), 1.2) for plane in noise])
    sr = np.stack([cv2.GaussianBlur(plane, (0, 0), 1.0) for plane in hr])
    return sr, hr


@pytest.fixture(scope="session")
def photos_2k(tmp_path_factory, photo):
    """2K PNG files of a photograph's contents and a camera's noise, of some 4 MB each; as many as IMAGES says."""
    folder = tmp_path_factory.mktemp("2k")
    crop = photo(266, 400, 60, 100).transpose(1, 2, 0)
    large = cv2.resize(crop, SIZE_2K[::-1], interpolation=cv2.INTER_CUBIC)
    noisy = large + np.random.default_rng(0).normal(0, 2, large.shape)
    write_image(folder / "0.png", np.ascontiguousarray(noisy.round().clip(0, 255).astype(np.uint8).transpose(2, 0, 1)))
    for index in range(1, IMAGES):
        shutil.copy(folder / "0.png", folder / f"{index}.png")
    return folder
