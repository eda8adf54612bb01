"""NIQE: the digits of BasicSR, and what has none."""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import scipy.ndimage

from srbench.api import MetricRequest
from srbench.cards import installed_cards
from srbench.errors import UndefinedMetricError, WeightsError
from srbench.files import file_sha256, read_image, to_rgb
from srbench.metrics import compare
from srbench_models.metrics.niqe import BLOCK, FEATURES, Pristine, load, niqe, read_pristine

BASICSR = {  # Set14's HR images, with 0 and 4 pixels cropped from each side
    "baboon": (5.7296, 5.9892),
    "barbara": (4.5838, 4.6558),
    "comic": (4.1388, 4.3325),
    "monarch": (3.4988, 3.4636),
    "zebra": (3.2759, 3.2686),
}
TOLERANCE = 1e-3  # BasicSR halves the image in single precision, on which signs of nearly flat regions depend

FEW = "{} blocks of 96×96 pixels, fewer than its 36 features; unsteady, so compare it only on the same images"


@pytest.fixture(scope="module")
def parameters(benchmark_data) -> Path:
    path = benchmark_data / "weights" / "niqe" / "niqe_pris_params.npz"
    if not path.is_file():
        pytest.skip("needs weights/niqe/niqe_pris_params.npz in SRBENCH_TEST_DATA")
    return path


@pytest.fixture(scope="module")
def set14(benchmark_data) -> Path:
    folder = benchmark_data / "Set14" / "HR"
    if not folder.is_dir():
        pytest.skip("needs Set14/HR in SRBENCH_TEST_DATA")
    return folder


@pytest.fixture(scope="module")
def model() -> Pristine:
    """Made-up parameters, for what does not depend on their values."""
    weights = np.exp(-(np.arange(-3, 4) ** 2) / (2 * (7 / 6) ** 2))
    return Pristine(np.linspace(0, 2, FEATURES), np.eye(FEATURES), weights / weights.sum())


def cropped(path, border):
    image = to_rgb(read_image(path))
    return image[:, border : image.shape[1] - border, border : image.shape[2] - border]


@pytest.mark.parametrize("name", BASICSR)
def test_published_digits(parameters, set14, name):
    formula = load(MetricRequest("cpu", weights=parameters))
    for border, expected in zip((0, 4), BASICSR[name], strict=True):
        image = cropped(set14 / f"{name}.png", border)
        found = formula(compare(image, np.zeros_like(image)))  # HR does not count
        assert found.value == pytest.approx(expected, abs=TOLERANCE)
        blocks = (image.shape[1] // BLOCK) * (image.shape[2] // BLOCK)
        assert found.remark == (FEW.format(blocks) if blocks < FEATURES else "")


@pytest.fixture(scope="module")
def basicsr(monkeypatch_module):
    """BasicSR's own files, with stand-ins for its registry and for a name that SciPy no longer has."""
    root = os.environ.get("SRBENCH_BASICSR")
    if not root:
        pytest.skip("needs BasicSR's sources; set SRBENCH_BASICSR to the folder that holds basicsr/metrics/niqe.py")
    filters, registry = ModuleType("scipy.ndimage.filters"), ModuleType("basicsr.utils.registry")
    filters.convolve = scipy.ndimage.convolve
    registry.METRIC_REGISTRY = type("Registry", (), {"register": lambda self: lambda function: function})()
    modules = {"scipy.ndimage.filters": filters, "basicsr.utils.registry": registry}
    modules |= {name: ModuleType(name) for name in ("basicsr", "basicsr.metrics", "basicsr.utils")}
    for name, module in modules.items():
        monkeypatch_module.setitem(sys.modules, name, module)
    loaded = {}
    for name in ("utils.color_util", "utils.matlab_functions", "metrics.metric_util", "metrics.niqe"):
        path = Path(root, "basicsr", *name.split(".")).with_suffix(".py")
        if not path.is_file():
            continue  # older releases convert colours in matlab_functions
        spec = importlib.util.spec_from_file_location(f"basicsr.{name}", path)
        loaded[name] = importlib.util.module_from_spec(spec)
        monkeypatch_module.setitem(sys.modules, spec.name, loaded[name])
        spec.loader.exec_module(loaded[name])
        if hasattr(loaded[name], "bgr2ycbcr"):
            modules["basicsr.utils"].bgr2ycbcr = loaded[name].bgr2ycbcr
    return loaded["metrics.niqe"]


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.mark.parametrize("border", [0, 4])
def test_basicsr_on_ten_images(basicsr, parameters, set14, border):
    with np.load(parameters) as file:
        theirs = [file[name] for name in ("mu_pris_param", "cov_pris_param", "gaussian_window")]
    ours = read_pristine(parameters)
    for path in sorted(set14.glob("*.png"))[:10]:
        image = cropped(path, border)
        luma = basicsr.to_y_channel(image[::-1].transpose(1, 2, 0).astype(np.float32))
        with warnings.catch_warnings(action="ignore"):  # of means over no samples, in flat blocks
            expected = basicsr.niqe(luma[..., 0].round(), *theirs)
        assert niqe(image, ours).value == pytest.approx(expected, abs=TOLERANCE), path.stem


def test_noise_and_blur_are_worse(parameters, set14):
    pristine = read_pristine(parameters)
    image = cropped(set14 / "monarch.png", 0)
    noise = np.random.default_rng(0).normal(0, 25, image.shape)
    noisy = np.clip(image + noise, 0, 255).astype(np.uint8)
    blurred = scipy.ndimage.gaussian_filter(image, (0, 2, 2))
    assert niqe(image, pristine).value < min(niqe(spoilt, pristine).value for spoilt in (noisy, blurred))


def test_what_exceeds_whole_blocks_does_not_count(model):
    noise = np.random.default_rng(0).integers(0, 256, (3, 2 * BLOCK + 50, 3 * BLOCK + 95), dtype=np.uint8)
    assert niqe(noise, model) == niqe(noise[:, : 2 * BLOCK, : 3 * BLOCK], model)
    assert niqe(noise, model).remark == FEW.format(6)


def test_too_few_blocks(model):
    with pytest.raises(UndefinedMetricError, match="383×191 pixels hold 3 blocks of 96×96; NIQE needs 4"):
        niqe(np.zeros((3, 191, 383), np.uint8), model)


@pytest.mark.parametrize("side", [0, BLOCK - 10])
def test_flat_images(model, side):
    """Flat but for the noise in at most one block, farther from the others than the window reaches."""
    image = np.full((3, 2 * BLOCK, 2 * BLOCK), 70, np.uint8)
    image[:, :side, :side] = np.random.default_rng(0).integers(0, 256, (3, side, side), dtype=np.uint8)
    with pytest.raises(UndefinedMetricError, match=f"{min(1, side)} of 4 blocks have detail; NIQE needs two"):
        niqe(image, model)


def test_flat_blocks_beside_detailed_ones(model):
    """Their covariance is that of the detailed blocks alone, whose number is what the remark counts."""
    image = np.random.default_rng(0).integers(0, 256, (3, 3 * BLOCK, 3 * BLOCK), dtype=np.uint8)
    image[:, 60:] = 128
    found = niqe(image, model)
    assert np.isfinite(found.value)
    assert found.remark == FEW.format(3)


@pytest.fixture
def arrays():
    taps = np.full(7, 1 / 7)
    return {
        "mu_pris_param": np.zeros((1, FEATURES)),
        "cov_pris_param": np.eye(FEATURES),
        "gaussian_window": np.outer(taps, taps),
    }


def saved(path, arrays):
    np.savez(path, **arrays)
    return path


def test_parameters_are_read(tmp_path, arrays):
    read = read_pristine(saved(tmp_path / "good.npz", arrays))
    assert read.mean.shape == (FEATURES,)
    np.testing.assert_allclose(read.taps, 1 / 7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cov_pris_param": np.eye(35)}, r"expected finite arrays .*\(36, 36\).* got .*\(35, 35\)"),
        ({"mu_pris_param": np.full((1, FEATURES), np.nan)}, "expected finite arrays"),
        ({"gaussian_window": np.eye(7)}, "its window is no product"),
        ({"mu_pris_param": np.array([{"a": 1}], object)}, "is no .npz file of arrays"),
    ],
)
def test_other_parameters_are_refused(tmp_path, arrays, change, message):
    with pytest.raises(WeightsError, match=f"other.npz: {message}") as error:
        read_pristine(saved(tmp_path / "other.npz", arrays | change))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "bit", "array", "key", "absent"])
def test_damaged_parameters_are_one_line(tmp_path, arrays, damage):
    path = saved(tmp_path / "bad.npz", arrays)
    whole = path.read_bytes()
    if damage == "array":
        with path.open("wb") as file:
            np.save(file, np.eye(3))
    elif damage == "key":
        saved(path, {"mu_pris_param": arrays["mu_pris_param"]})
    elif damage == "absent":
        path.unlink()
    else:
        flipped = whole[:300] + bytes([whole[300] ^ 1]) + whole[301:]
        path.write_bytes({"cut": whole[:-400], "text": b"<html>", "empty": b"", "bit": flipped}[damage])
    with pytest.raises(WeightsError, match="bad.npz: is no .npz file of arrays") as error:
        load(MetricRequest("cpu", weights=path))
    assert "\n" not in str(error.value)


def test_no_parameters():
    with pytest.raises(WeightsError, match="niqe needs its parameters"):
        load(MetricRequest("cpu"))


def test_the_cards_file(parameters):
    (entry,) = installed_cards().metric("niqe").card.weights
    assert entry.sha256 == file_sha256(parameters)
    with np.load(parameters) as file:
        assert entry.parameters == sum(file[name].size for name in file.files)
