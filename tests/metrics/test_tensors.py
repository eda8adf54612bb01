"""Scoring where the image lies: tensors give what arrays give. A tensor on the processor takes a GPU's way here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import METRICS, plan_of, value_of

from srbench.api import Inference, Metric
from srbench.cards import installed_cards
from srbench.datasets import open_dataset
from srbench.engine import Settings, run_plan
from srbench.errors import ImageError, UndefinedMetricError
from srbench.metrics.pair.arrays import ArrayPair
from srbench.metrics.pair.tensors import TensorPair
from srbench.protocols import Protocol
from srbench.protocols.tensors import compared_on_device
from srbench.runs import MemoryStore, identify

ON_DEVICE = "cpu:0"
"""The processor, under a name that is not taken for it."""


@pytest.fixture(params=list(METRICS.values()), ids=lambda metric: metric.name)
def metric(request) -> Metric:
    return request.param


@pytest.mark.parametrize("shape", [(161, 161), (180, 171), (203, 301)])
@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_every_metric_within_a_hundred_thousandth(metric, photo, shape, kind):
    hr = photo(*shape, top=0, left=0)
    for sigma in (1, 20):
        noisy = hr + np.random.default_rng(sigma).normal(0, sigma, hr.shape)
        sr = np.clip(noisy, 0, 255).round().astype(np.uint8).astype(kind)
        tensors = TensorPair(torch.from_numpy(sr), torch.from_numpy(hr.astype(kind)), 255.0)
        assert metric.of(tensors).value == pytest.approx(value_of(metric, sr, hr.astype(kind)), abs=1e-5)


def test_every_level_within_a_hundred_thousandth(photo):
    hr = np.tile(photo(128, 128)[:1], (1, 11, 12))
    sr = (hr * np.linspace(0.4, 1, hr.shape[2])).round().astype(np.uint8)
    here, there = ArrayPair(sr, hr, 255.0), TensorPair(torch.from_numpy(sr), torch.from_numpy(hr), 255.0)
    for level in range(8):
        for mine, theirs in zip(there.ssim_terms(level), here.ssim_terms(level), strict=True):
            assert np.abs(mine - theirs).max() < 1e-5
    with pytest.raises(ValueError, match="level -1: expected"):
        there.ssim_terms(-1)


def test_what_cannot_be_compared():
    with pytest.raises(ImageError, match="cannot be compared"):
        TensorPair(torch.zeros(3, 4, 4), torch.zeros(3, 4, 5), 255.0)
    with pytest.raises(ImageError, match="NaN or infinite"):
        TensorPair(torch.full((1, 4, 4), torch.nan), torch.zeros(1, 4, 4), 255.0)
    with pytest.raises(UndefinedMetricError, match="needs 11"):
        METRICS["ssim"].formula(TensorPair(torch.zeros(1, 10, 30), torch.zeros(1, 10, 30), 255.0))


@pytest.mark.parametrize("name", sorted(installed_cards().protocols))
@pytest.mark.parametrize("planes", [1, 3])
def test_protocols_compare_the_same_samples(name, planes, photo):
    protocol = Protocol(installed_cards().protocol(name).card)
    image = photo(48, 60)[:planes]
    there = compared_on_device(protocol, torch.from_numpy(image.copy()), 4).numpy()
    here = protocol.compared(image, 4)
    assert there.dtype == here.dtype
    assert np.array_equal(there, here)


def run_on(device, methods, photos, **more):
    plan = plan_of(methods, datasets=str(photos), metrics=(*METRICS, "lr_psnr", "erqa"), **more)
    inference = Inference(device)
    sink = MemoryStore()
    run_plan(plan, Settings(plan.request.metrics, inference), identify(plan, device, inference), sink)
    return {record.key: record for record in sink.records()}


def test_a_run_on_a_device_scores_what_the_processor_scores(photos, photo):
    """Luma, RGB and batches of one size; two of the photographs are given the same size here."""
    from srbench.files import write_image

    for name in ("four", "five"):
        write_image(photos / f"{name}.png", photo(64, 64, top=30))
    more = {"scale": 2, "protocol": ["classic-y", "rgb", "srcnn-y", "rgb-full"]}
    here, there = (
        run_on(device, ["bicubic", "srcnn", "opencv-cubic"], photos, **more) for device in ("cpu", ON_DEVICE)
    )
    assert here.keys() == there.keys()
    assert len(here) == 3 * 5 * 4
    for key, record in here.items():
        assert record.status == there[key].status == "ok"
        assert record.warnings == there[key].warnings
        assert record.undefined == there[key].undefined
        for metric, value in record.scores.items():
            assert there[key].scores[metric] == pytest.approx(value, abs=1e-4 if metric == "mse" else 1e-5)


def test_images_of_one_size_go_together_and_a_failing_one_alone(photos, photo, tmp_path):
    from srbench.files import write_image

    for name in "abcd":
        write_image(photos / f"same-{name}.png", photo(64, 64, top=ord(name) - 90))
    write_image(photos / "same-black.png", np.zeros((3, 64, 64), np.uint8))
    sizes = []

    def upscale(lr, scale):
        sizes.append(len(lr))
        if any(float(image.max()) == 0 for image in lr):
            raise ValueError("black")
        return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)

    records = run_on(ON_DEVICE, [upscale], photos)
    assert sorted(sizes, reverse=True)[0] == 6  # "one" and the five of its size
    failed = [key.image for key, record in records.items() if record.status == "failed"]
    assert failed == ["same-black"]
    assert len(records) == 8


def test_a_dataset_larger_than_a_batch_loses_nothing(tmp_path, photo):
    from srbench.files import write_image

    for index in range(19):
        write_image(tmp_path / f"{index:02}.png", photo(40, 40, top=index))
    assert len(open_dataset(str(tmp_path), installed_cards()).samples) == 19
    records = run_on(ON_DEVICE, "nearest", tmp_path)
    assert [key.image for key in records] == [f"{index:02}" for index in range(19)]
    assert all(record.status == "ok" for record in records.values())
