"""LPIPS and DISTS: values of the authors' packages, the same in tiles as whole, HR's features computed once."""

from __future__ import annotations

import json
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import perceptual_reference as reference
import pytest
import torch
from safetensors.torch import load_file, save_file

from srbench.api import MetricRequest
from srbench.errors import RequestError, UndefinedMetricError, WeightsError
from srbench.metrics.pair.arrays import ArrayPair
from srbench.metrics.pair.tensors import TensorPair
from srbench_models.metrics.learned import dists, lpips
from srbench_models.metrics.learned.cache import FeatureCache
from srbench_models.metrics.learned.shipped import shipped_tensors
from srbench_models.metrics.learned.tiles import tiles, windows

NETS = {"lpips": "alex", "lpips:vgg": "vgg", "lpips:squeeze": "squeeze", "dists": "vgg"}
STORED = json.loads(reference.STORED.read_text(encoding="utf-8"))
CASES = [(name, size) for name, sizes in STORED.items() for size in sizes]

TOLERANCE = 2e-6
"""Of values of 0.03 to 0.08; ten times what float32 was seen to differ by (2e-8, DISTS 1.4e-7), a fiftieth of the last
printed digit."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weight files with random features, by network."""
    folder = tmp_path_factory.mktemp("weights")
    for net in set(NETS.values()):
        save_file(reference.weights_of(net), folder / f"{net}.safetensors")
    return {net: folder / f"{net}.safetensors" for net in NETS.values()}


@pytest.fixture(scope="module")
def load(weights):
    """Load a metric by name, once for all tests, or again with limits of its own."""
    loaded = {}

    def made(name, **limits):
        if name not in loaded:
            factory = dists.load if name == "dists" else lpips.load
            loaded[name] = factory(MetricRequest("cpu", name.partition(":")[2], weights[NETS[name]]))
        one = loaded[name]
        if not limits:
            return one
        if name == "dists":
            shipped = load_file(reference.SHIPPED / "dists.safetensors")
            return dists.DISTS(one.backbone, shipped["alpha"], shipped["beta"], **limits)
        return lpips.LPIPS(one.backbone, one._linear, **limits)

    return made


def of(metric, sr, hr):
    return metric(ArrayPair(sr, hr, 255.0))


def images(size):
    return reference.images_of(*map(int, size.split("x")))


@pytest.mark.parametrize(("name", "size"), CASES)
def test_values_are_the_authors(load, name, size):
    """Stored values of the authors' packages; tests/support/perceptual_reference.py says how they were made."""
    assert of(load(name), *images(size)) == pytest.approx(STORED[name][size], abs=TOLERANCE)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_authors_packages_agree(load, name, size):
    package = "DISTS_pytorch" if name == "dists" else "lpips"
    if find_spec(package) is None:
        pytest.skip(f"needs the authors' package: pip install --no-deps {package}")
    theirs = reference.dists_by_authors if name == "dists" else reference.lpips_by_authors
    pair = images(size)
    found = theirs(*pair) if name == "dists" else theirs(NETS[name], *pair)
    assert of(load(name), *pair) == pytest.approx(found, abs=TOLERANCE)


@pytest.mark.parametrize(("name", "size"), [case for case in CASES if case[0] != "dists"])
def test_torchmetrics_agrees(load, name, size):
    pytest.importorskip("torchmetrics", reason="needs torchmetrics, which the extra `train` brings")
    theirs = reference.lpips_by_torchmetrics(NETS[name], *images(size))
    # Its norm has another constant, 1e-8 under the root.
    assert of(load(name), *images(size)) == pytest.approx(theirs, abs=1e-5)


@pytest.mark.parametrize("net", ["alex", "vgg", "squeeze"])
def test_shipped_linear_layers_are_the_packages(net):
    spec = find_spec("lpips")
    if spec is None:
        pytest.skip("needs the authors' package: pip install --no-deps lpips")
    path = f"{spec.submodule_search_locations[0]}/weights/v0.1/{net}.pth"
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    ours = load_file(reference.SHIPPED / f"lpips_{net}.safetensors")
    assert {f"{name}.model.1.weight" for name in ours} == theirs.keys()
    assert all(torch.equal(value, theirs[f"{name}.model.1.weight"].flatten()) for name, value in ours.items())


def test_what_a_number_depends_on_is_noticed(load):
    """Errors that other implementations make change the value by far more than the tolerance of the tests above."""
    sr, hr = images("64x64")
    value, wrong = of(load("lpips"), sr, hr), {}
    half = [image.astype(float) / 2 + 127.5 for image in (sr, hr)]  # 2·(x + 1)/2 - 1 = x
    wrong["input without 2x - 1"] = of(load("lpips"), *half)
    wrong["cropped by 4"] = of(load("lpips"), *(image[:, 4:-4, 4:-4] for image in (sr, hr)))
    wrong["BGR"] = of(load("lpips"), sr[::-1].copy(), hr[::-1].copy())
    wrong["another network"] = of(load("lpips:squeeze"), sr, hr)
    assert {name: found for name, found in wrong.items() if abs(found - value) < 100 * TOLERANCE} == {}
    texture = of(load("dists"), sr, hr)
    assert abs(of(load("dists"), sr[::-1].copy(), hr[::-1].copy()) - texture) > 100 * TOLERANCE
    small = [image[:, ::2, ::2].copy() for image in (sr, hr)]  # as a resize would
    assert abs(of(load("dists"), *small) - texture) > 100 * TOLERANCE


@pytest.mark.parametrize("name", NETS)
def test_equal_images_have_no_distance_and_order_does_not_matter(load, name):
    sr, hr = images("37x50")
    metric = load(name)
    assert abs(of(metric, hr, hr)) < 1e-6
    assert of(metric, sr, hr) == pytest.approx(of(metric, hr, sr), abs=1e-7)
    assert of(metric, sr, hr) > 0.01


@pytest.mark.parametrize("name", ["lpips", "dists"])
def test_kinds_of_pairs(load, name):
    sr, hr = images("37x50")
    value = of(load(name), sr, hr)
    assert of(load(name), sr.astype(np.float64), hr.astype(np.float64)) == pytest.approx(value, abs=1e-7)
    assert load(name)(ArrayPair(sr / 255, hr / 255, 1.0)) == pytest.approx(value, abs=1e-7)
    assert load(name)(TensorPair(torch.from_numpy(sr), torch.from_numpy(hr), 255.0)) == value
    with torch.autocast("cpu", torch.bfloat16):
        assert of(load(name), sr, hr) == value


@pytest.mark.parametrize(
    ("name", "size", "pixels"),
    [
        *(("lpips", size, 300 * 40) for size in ("401x35", "34x403", "40x397", "334x40")),
        ("lpips", "397x278", 60000),
        *(("lpips:squeeze", size, 300 * 40) for size in ("467x35", "34x474", "40x469", "38x480")),
        ("lpips:squeeze", "333x290", 64000),
        *((name, size, 34 * 250) for name in ("lpips:vgg", "dists") for size in ("34x365", "371x29")),
    ],
)
def test_tiles_give_the_value_of_the_whole_image(load, name, size, pixels):
    sr, hr = images(size)
    tiled = load(name, tile_pixels=pixels)
    assert len(tiles(*sr.shape[1:], pixels, tiled._field)) > 1
    assert of(tiled, sr, hr) == pytest.approx(of(load(name), sr, hr), abs=1e-7)


@pytest.mark.parametrize("name", ["lpips", "lpips:squeeze"])
def test_tiles_stacked_into_batches_give_the_same_value(load, name, monkeypatch):
    """A GPU's way, on the processor."""
    sr, hr = images("40x620")
    tiled = load(name, tile_pixels=40 * 260)
    one_by_one = of(tiled, sr, hr)
    stacked = load(name, tile_pixels=40 * 260)
    monkeypatch.setattr(stacked, "_batch", 3)
    assert of(stacked, sr, hr) == pytest.approx(one_by_one, abs=1e-7)
    assert of(stacked, sr, hr) == pytest.approx(one_by_one, abs=1e-7)  # from the cache


@pytest.mark.parametrize("name", NETS)
def test_the_receptive_field_is_not_too_small(load, name):
    """Pixels beyond it leave an output as it is; the last pixel inside it does not."""
    backbone, field = load(name).backbone, load(name)._field
    place = 8  # the output's number along the columns
    begin, end = place * field.stride - field.before, (place + 1) * field.stride + field.after
    row = torch.rand(1, 3, field.stride + 20, end + 20, generator=torch.Generator().manual_seed(1))
    outside, inside = row.clone(), row.clone()
    outside[..., :begin], outside[..., end:], inside[..., end - 1] = 0, 0, 0
    with torch.inference_mode():
        first, second, third = ([*backbone.stages(one)][-1][..., place] for one in (row, outside, inside))
    assert begin > 0
    assert torch.allclose(first, second, atol=1e-6)
    assert (first - third).abs().max() > 1e-6 or NETS[name] == "vgg"  # 3×3 kernels hardly use the corners


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("length", [217, 391, 512, 1000, 1356, 2041, 20011])
def test_windows_share_no_output_and_leave_none(load, name, length):
    field = load(name)._field
    for number in range(1, 12):
        found = windows(length, number, field)
        if not found:
            continue
        assert len({one.stop - one.start for one in found}) == 1
        assert (found[0].start, found[0].first, found[-1].stop, found[-1].last) == (0, 0, length, None)
        for one, following in pairwise(found):
            assert one.last == following.first
            assert following.first - following.start >= field.before
            assert one.stop - one.last >= field.after
            assert following.start % field.stride == one.last % field.stride == 0


def test_tiles_are_few_and_of_the_size_allowed(load):
    field = load("lpips:vgg")._field
    for height, width in ((1356, 2040), (20000, 15000), (300, 9000)):
        found = tiles(height, width, 2**20, field)
        sizes = {(one.rows.stop - one.rows.start) * (one.columns.stop - one.columns.start) for one in found}
        assert len(sizes) == 1
        assert max(sizes) <= 2**20
        assert len(found) * max(sizes) < 1.6 * height * width
    assert len(tiles(1000, 1000, 2**20, field)) == 1


@pytest.mark.parametrize("name", ["lpips", "dists"])
def test_hr_is_computed_once(load, name, monkeypatch):
    _, hr = images("37x50")
    metric, calls = load(name, tile_pixels=10**6), []
    stages = metric.backbone.stages
    monkeypatch.setattr(metric.backbone, "stages", lambda one: calls.append(one) or stages(one))
    results = [np.roll(hr, shift, 2) for shift in (1, 2, 3)]
    cached = [of(metric, sr, hr) for sr in results]
    assert len(calls) == 4
    forgetful = load(name, cache_bytes=0)
    assert [of(forgetful, sr, hr) for sr in results] == cached
    assert len(calls) == 4 + 6
    assert of(metric, results[0], results[1]) != of(metric, results[0], hr)
    floats = hr.astype(float)  # the same samples, but twice as dark
    assert metric(ArrayPair(floats * 0.9, floats, 510.0)) != of(metric, floats * 0.9, floats)


def test_the_cache_keeps_the_last_images_and_no_more_than_its_limit():
    cache, tile = FeatureCache(3 * 400), (torch.zeros(100),)
    for image in "abc":
        cache.put(image, 0, tile)
    assert cache.get("a", 0) is tile
    cache.put("d", 0, tile)
    assert cache.get("b", 0) is None  # used longest ago
    assert all(cache.get(image, 0) for image in "acd")
    for number in range(9):
        cache.put("large", number, tile)
    assert [number for number in range(9) if cache.get("large", number)] == [0, 1, 2]
    assert cache._bytes == 3 * 400
    cache.put("e", 0, tile)
    assert cache.get("large", 0) is None
    assert cache._bytes == 400


@pytest.mark.parametrize(("name", "side"), [("lpips", 31), ("lpips:vgg", 16), ("lpips:squeeze", 17), ("dists", 17)])
def test_too_small_images_are_undefined(load, name, side):
    for height, width in ((side - 1, 40), (40, side - 1)):
        image = np.zeros((3, height, width), np.uint8)
        with pytest.raises(UndefinedMetricError, match=f"at least {side}×{side} pixels, got {width}×{height}"):
            of(load(name), image, image)
    image = np.zeros((3, side, side), np.uint8)
    assert of(load(name), image, image) == pytest.approx(0, abs=1e-6)


def test_grey_images_are_undefined(load):
    image = np.zeros((1, 40, 40), np.uint8)
    with pytest.raises(UndefinedMetricError, match="three planes, got 1"):
        of(load("lpips"), image, image)


def test_weights_that_do_not_fit(weights, tmp_path):
    state = load_file(weights["alex"])
    broken = {
        "missing features.0.bias": {key: value for key, value in state.items() if key != "features.0.bias"},
        "unexpected classifier.1.weight": state | {"classifier.1.weight": torch.zeros(2)},
        r"features.3.weight is \(2,\), expected \(192, 64, 5, 5\)": state | {"features.3.weight": torch.zeros(2)},
    }
    path = tmp_path / "net.safetensors"
    for message, tensors in broken.items():
        save_file(tensors, path)
        with pytest.raises(WeightsError, match=f"net.safetensors: does not fit AlexNetFeatures: {message}$"):
            lpips.load(MetricRequest("cpu", "", path))
    path.write_bytes(weights["alex"].read_bytes()[:-4])
    with pytest.raises(WeightsError, match="cannot be read"):
        lpips.load(MetricRequest("cpu", "", path))
    with pytest.raises(WeightsError, match="lists no file"):
        dists.load(MetricRequest("cpu"))


def test_unknown_variants_and_altered_shipped_files(weights):
    with pytest.raises(RequestError, match="lpips:vgg16: no such variant, did you mean vgg"):
        lpips.load(MetricRequest("cpu", "vgg16", weights["vgg"]))
    with pytest.raises(RequestError, match="write dists"):
        dists.load(MetricRequest("cpu", "vgg", weights["vgg"]))
    with pytest.raises(WeightsError, match="reinstall srbench"):
        shipped_tensors("lpips_alex.safetensors", "0" * 64)
