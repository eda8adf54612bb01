"""Public metrics on what a caller gives them: arrays or tensors in a stated range, or one line that says why not."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pil

from srbench import metrics
from srbench.errors import ImageError, UndefinedMetricError
from srbench.metrics import l1, ms_ssim, psnr, sharpness_error, ssim

RANGED = ("psnr", "ssim", "ms_ssim", "psnr_shift")
UNRANGED = ("l1", "mse", "rmse", "sharpness_error")


@pytest.fixture(params=[*RANGED, *UNRANGED])
def metric(request):
    """A public metric, with the range of 8-bit images if it takes one."""
    function = getattr(metrics, request.param)
    return (lambda sr, hr: function(sr, hr, data_range=255.0)) if request.param in RANGED else function


@pytest.fixture(params=RANGED)
def ranged(request):
    return getattr(metrics, request.param)


@pytest.fixture
def pair(photo):
    hr = photo(170, 180)
    noise = np.random.default_rng(1).normal(0, 9, hr.shape)
    return np.clip(hr + noise, 0, 255).round().astype(np.uint8), hr


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    """Tensors on the processor take the way of those on a GPU."""
    monkeypatch.setattr("srbench.metrics.pair.readable._AS_ARRAYS", ())


def refused(call, *parts):
    """The error is one line that holds all the parts."""
    with pytest.raises(ImageError) as error:
        call()
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bool", "uint16", "int16", "int64"])
def test_only_uint8_has_a_default_range(ranged, pair, dtype):
    images = [(image > 99 if dtype == "bool" else image).astype(dtype) for image in pair]
    refused(lambda: ranged(*images), dtype, "data_range=1.0 for images in [0, 1], 255.0 for 0…255")
    refused(lambda: ranged(*map(torch.from_numpy, images)), dtype, "data_range=1.0")


def test_one_float_image_is_enough_to_need_a_range(ranged, pair):
    sr, hr = pair
    refused(lambda: ranged(sr.astype(float), hr), "float64 and uint8 images have no default range")
    assert ranged(sr.astype(float), hr, data_range=255) == pytest.approx(ranged(sr, hr), abs=1e-6)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int64, np.uint16, np.float32, np.float64])
def test_every_dtype_of_one_range_has_the_value_of_uint8(metric, pair, kind):
    sr, hr = pair
    expected = metric(sr, hr)
    assert metric(sr.astype(kind), hr.astype(kind)) == pytest.approx(expected, abs=1e-6)
    assert metric(*(torch.from_numpy(image.astype(kind)) for image in pair)) == pytest.approx(expected, abs=1e-6)


def test_the_range_scales_with_the_images(ranged, pair):
    expected = ranged(*pair)
    for white in (1.0, 100, 65535.0):
        scaled = [image * (white / 255) for image in pair]
        assert ranged(*scaled, data_range=white) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), 1e200, "255", True, [255], np.ones(2), b"1"])
def test_a_range_is_a_finite_positive_number(ranged, pair, value):
    refused(lambda: ranged(*pair, data_range=value), "data_range is", "expected a finite number > 0")


@pytest.mark.parametrize("value", [255, 255.0, np.uint8(255), np.float32(255), np.array(255), torch.tensor(255)])
def test_a_range_may_be_any_scalar(ranged, pair, value):
    """The square of `np.uint8(255)` is 1."""
    assert ranged(*pair, data_range=value) == ranged(*pair)


def test_a_range_that_the_samples_contradict(ranged, pair):
    sr, hr = pair
    refused(lambda: ranged(sr, hr, data_range=1.0), "sr spans", "too wide for data_range=1")
    refused(lambda: ranged(sr / 255, hr, data_range=1.0), "hr spans", "too wide for data_range=1")
    refused(lambda: ranged(sr, hr, data_range=65535), "sr is uint8, at most 255")
    refused(lambda: ranged(sr / 127.5 - 1, hr / 127.5 - 1, data_range=1.0), "hr spans -1 to", "too wide")


def test_a_float_result_may_leave_the_range(pair):
    """A network that diverges has a bad PSNR, not none."""
    sr, hr = (image / 255 for image in pair)
    assert psnr(sr * 100, hr, data_range=1.0) < 0
    with pytest.raises(UndefinedMetricError, match="too large for float64"):
        psnr(sr * 1e200, hr, data_range=1.0)


@pytest.mark.parametrize("function", [ssim, ms_ssim])
def test_ssim_of_images_around_0_is_refused(function, pair):
    sr, hr = (image / 127.5 - 1 for image in pair)
    refused(lambda: function(sr, hr, data_range=2.0), "black is, which must be 0", "add a constant to both images")
    assert function(sr + 1, hr + 1, data_range=2.0) == pytest.approx(function(*pair), abs=1e-6)
    assert psnr(sr, hr, data_range=2.0) == pytest.approx(psnr(*pair))


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        (None, ["sr is None"]),
        ("hr.png", ["sr is of type str"]),
        ([[1.0, 2.0]], ["sr is of type list", "numpy.asarray"]),
        (Pil.new("L", (4, 4)), ["sr is of type PIL.Image.Image", "numpy.asarray"]),
        (np.float64(3), ["sr is of type numpy.float64"]),
        (np.zeros((4, 4), complex), ["sr has dtype complex128", "integers or floats"]),
        (np.zeros((4, 4), object), ["sr has dtype object"]),
        (np.zeros((4, 4), "M8[s]"), ["sr has dtype datetime64"]),
        (np.full((4, 4), "a"), ["sr has dtype <U1"]),
        (np.ma.masked_less(np.zeros((4, 4)), 1), ["sr is a masked array", "filled()"]),
        (np.full((4, 4), np.nan), ["sr holds NaN or infinite samples"]),
        (np.full((4, 4), np.inf), ["sr holds NaN or infinite samples"]),
        (np.zeros((2, 3, 4, 4)), ["sr is a batch of shape (2, 3, 4, 4)", "one by one"]),
        (np.zeros(()), ["(C, H, W) or (H, W)"]),
        (torch.zeros(4, 4, dtype=torch.complex64), ["sr has dtype complex64"]),
        (torch.zeros(4, 4).to_sparse(), ["sr is a sparse"]),
        (torch.zeros(4, 4, device="meta"), ["sr is a sparse, nested, quantized or meta tensor"]),
        (torch.full((4, 4), torch.nan), ["sr holds NaN"]),
        (torch.full((4, 4), torch.inf, dtype=torch.bfloat16), ["sr holds NaN"]),
        (torch.zeros(1, 3, 4, 4), ["sr is a batch of shape (1, 3, 4, 4)"]),
    ],
)
def test_what_is_no_image_is_refused_in_one_line(metric, image, parts):
    refused(lambda: metric(image, image), *parts)


def test_hr_is_named_where_it_is_the_culprit(metric):
    zeros = np.zeros((4, 4))
    refused(lambda: metric(zeros, None), "hr is None")
    refused(lambda: metric(zeros, np.full((4, 4), np.nan)), "hr holds NaN")


def test_a_tensor_and_an_array_are_refused(metric, pair):
    sr, hr = pair
    refused(lambda: metric(torch.from_numpy(sr), hr), "sr is a torch tensor, hr a NumPy array", "torch.from_numpy")
    refused(lambda: metric(sr, torch.from_numpy(hr)), "sr is a NumPy array, hr a torch tensor")


def test_tensors_on_two_devices_are_refused(metric):
    here, there = torch.zeros(4, 4), torch.zeros(4, 4, device="meta")
    refused(lambda: metric(here, there), "sr is on device cpu, hr on meta", "tensor.to")


def test_a_tensor_without_samples_is_refused(metric):
    refused(
        lambda: torch.vmap(lambda image: metric(image, image))(torch.zeros(2, 4, 4)), "the samples of sr cannot be read"
    )


@pytest.mark.parametrize("shape", [(64, 48, 3), (64, 48, 1), (64, 48, 4), (200, 300, 31)])
def test_channels_in_the_last_axis_are_refused(metric, shape):
    height, width, channels = shape
    refused(lambda: metric(np.ones(shape), np.ones(shape)), f"transpose it to ({channels}, {height}, {width})")
    refused(lambda: metric(torch.ones(shape), torch.ones(shape)), "tensor.permute(2, 0, 1)")


@pytest.mark.parametrize("shape", [(3, 64, 3), (1, 9, 3), (4, 64, 48), (31, 64, 48), (200, 145, 145)])
def test_channels_in_the_first_axis_are_taken(shape):
    """Of an image three pixels wide, too."""
    assert l1(np.ones(shape), np.zeros(shape)) == 1


@pytest.mark.parametrize(("first", "second"), [("uint8", "float32"), ("uint8", "uint16"), ("bool", "float64")])
def test_dtypes_that_may_differ_in_range_are_refused(first, second):
    for name in UNRANGED:
        function, shape = getattr(metrics, name), (4, 4)
        refused(lambda f=function, s=shape: f(np.ones(s, first), np.ones(s, second)), f"sr is {first}, hr {second}")
    assert l1(np.ones((4, 4), np.float32), np.ones((4, 4))) == 0


@pytest.mark.parametrize("way", ["array", "device"])
def test_tensors_of_any_kind_are_taken(metric, pair, way, monkeypatch):
    if way == "device":
        monkeypatch.setattr("srbench.metrics.pair.readable._AS_ARRAYS", ())
    sr, hr = (torch.from_numpy(image) for image in pair)
    expected = pytest.approx(metric(*pair), abs=1e-5)
    assert metric(sr, hr) == expected
    assert metric(sr.float().requires_grad_(), torch.nn.Parameter(hr.float())) == expected
    for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.int32):  # 8 bits fit bfloat16's 8
        assert metric(sr.to(dtype), hr.to(dtype)) == expected
    strided = [image.permute(1, 2, 0).contiguous().permute(2, 0, 1) for image in (sr, hr)]
    assert not strided[0].is_contiguous()
    assert metric(*strided) == expected
    assert metric(sr.flip(2), hr.flip(2)) == pytest.approx(metric(*(image[:, :, ::-1] for image in pair)), abs=1e-5)


def test_a_tensor_in_memory_is_scored_as_its_array(metric, pair):
    for kind in (np.uint8, np.float32, np.float64):
        images = [image.astype(kind) for image in pair]
        assert metric(*map(torch.from_numpy, images)) == metric(*images)


def test_a_uint8_tensor_is_not_copied(pair):
    from srbench.metrics.pair.given import paired

    tensors = [torch.from_numpy(image) for image in pair]
    for samples, tensor in zip(paired(*tensors).arrays(), tensors, strict=True):
        assert samples.__array_interface__["data"][0] == tensor.data_ptr()


@pytest.mark.usefixtures("as_on_a_gpu")
def test_tensors_elsewhere_are_refused_for_the_same_reasons(ranged, pair):
    sr, hr = (torch.from_numpy(image) for image in pair)
    refused(lambda: ranged(sr.half(), hr.half()), "float16 images have no default range")
    refused(lambda: ranged(sr, hr, data_range=1.0), "sr spans", "too wide")
    refused(lambda: ranged(sr.permute(1, 2, 0), hr.permute(1, 2, 0)), "expected channels first")
    refused(lambda: ranged(sr * torch.nan, hr, data_range=255), "sr holds NaN")
    with pytest.raises(ImageError, match="cannot be compared"):
        ranged(sr, hr[:, 1:])


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float32, torch.int64])
def test_a_pair_elsewhere_gives_a_metric_arrays_of_the_promised_dtypes(pair, dtype):
    from srbench.metrics.pair.given import paired

    for given_image, found in zip(pair, paired(*(torch.from_numpy(p).to(dtype) for p in pair)).arrays(), strict=True):
        assert found.dtype == (np.uint8 if dtype == torch.uint8 else np.float64)
        assert np.array_equal(found, given_image)


def test_inputs_stay_as_they_are(metric, pair):
    floats = [image.astype(float) for image in pair]
    before = [image.copy() for image in floats]
    for image in floats:
        image.setflags(write=False)
    metric(*floats)
    assert all(np.array_equal(a, b) for a, b in zip(floats, before, strict=True))
    tensor = torch.from_numpy(pair[0]).float().requires_grad_()
    metric(tensor, tensor + 1)
    assert tensor.requires_grad


def test_arrays_need_no_torch():
    code = (
        "import sys, numpy as np\n"
        "from srbench.metrics import l1, psnr, sharpness_error\n"
        "noise = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), dtype=np.uint8)\n"
        "l1(*noise), psnr(*noise), psnr(*noise / 255, data_range=1.0), sharpness_error(*noise)\n"
        "try: psnr(None, noise)\n"
        "except Exception as error: print(error)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sr is None")
    assert done.stdout.endswith("False\n")


def answer(call):
    try:
        return f"{call():.3f}"
    except ImageError as error:
        return str(error)


@settings(max_examples=60, deadline=None)
@given(
    image=arrays(
        st.sampled_from(["uint8", "int32", "float32", "float64", "bool", "uint16", "complex64", "object"]),
        st.lists(st.integers(0, 5), max_size=4).map(tuple),
        fill=st.just(0),
    ),
    data_range=st.none() | st.floats() | st.integers() | st.text(max_size=3),
)
def test_whatever_is_given_a_number_or_a_line_comes_back(image, data_range):
    for call in (
        lambda: psnr(image, image, data_range=data_range),
        lambda: l1(image, image),
        lambda: psnr(image, torch.zeros(3), data_range=data_range),
    ):
        assert "\n" not in answer(call)


def test_sharpness_does_not_depend_on_the_unit(pair):
    sr, hr = pair
    assert sharpness_error(sr / 255, hr / 255) == pytest.approx(sharpness_error(sr, hr))
