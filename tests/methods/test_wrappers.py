"""Wrappers: what each does to an upscaler, how they compose, and what they refuse."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from srbench.api import Inference, Job
from srbench.cards import installed_cards
from srbench.errors import MethodError, RequestError, UnknownNameError
from srbench.files import read_image
from srbench.methods import WRAPPERS, find_method, upscale_planes
from srbench.methods.sources.wrapped import WrappedMethod
from srbench.methods.wrappers.correct import LARGEST_DEVIATION, correct
from srbench.methods.wrappers.ensemble import ensemble
from srbench.methods.wrappers.tile import tile
from srbench.methods.wrappers.twice import base_scale, repeated_scales, twice
from srbench.methods.wrappers.wrapper import Wrapping


def find(spec):
    return find_method(spec, installed_cards())


def lopsided(lr):
    """Nearest neighbours, and a gradient to the right and down that no symmetry of the square keeps."""
    big = lr.repeat_interleave(2, 2).repeat_interleave(2, 3)
    ramp = torch.arange(big.shape[3]) * 0.01 + torch.arange(big.shape[2])[:, None] * 0.03
    return big + ramp


def test_ensemble_is_equivariant_and_undoes_its_turns():
    lr = torch.rand(1, 3, 6, 9)
    wrapped = ensemble(lopsided, Wrapping(2, 2, None))
    for symmetry in (lambda x: x.flip(3), lambda x: x.flip(2), lambda x: x.rot90(1, (2, 3))):
        assert torch.allclose(wrapped(symmetry(lr)), symmetry(wrapped(lr)), atol=1e-5)
        assert not torch.allclose(lopsided(symmetry(lr)), symmetry(lopsided(lr)), atol=1e-2)


def test_ensemble_leaves_a_symmetric_method_alone():
    lr = torch.rand(1, 3, 5, 8)

    def bilinear(x):
        return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)

    assert torch.allclose(ensemble(bilinear, Wrapping(2, 2, None))(lr), bilinear(lr), atol=1e-6)


def test_twice_is_two_passes_clipped_in_between():
    seen = []

    def pass_(x):
        seen.append(x)
        return x.repeat_interleave(2, 2).repeat_interleave(2, 3) * 1.5

    out = twice(pass_, Wrapping(4, 2, None))(torch.full((1, 3, 2, 2), 0.9))
    assert out.shape == (1, 3, 8, 8)
    assert [float(x.max()) for x in seen] == [pytest.approx(0.9), 1.0]
    assert len(seen) == 2
    twice(pass_, Wrapping(8, 2, None))(torch.rand(1, 3, 2, 2))
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("scales", "expected"), [((2,), (4, 8, 16)), ((3,), (9,)), ((2, 4), (4, 8, 16)), ("any", (4, 8, 9, 16))]
)
def test_twice_has_the_powers(scales, expected):
    assert repeated_scales(scales) == expected
    for scale in expected:
        base = base_scale(scale, scales)
        assert scale in {base**power for power in (2, 3, 4)}


def test_correct_replaces_what_is_far_from_bilinear_and_nothing_else():
    lr = torch.rand(1, 3, 8, 8)
    plain = F.interpolate(lr, scale_factor=2.0, mode="bilinear", align_corners=False)

    def aberrant(x):
        out = plain + LARGEST_DEVIATION * 0.9
        out[0, 1, 3, 4] = plain[0, 1, 3, 4] + 2 * LARGEST_DEVIATION
        return out

    out = correct(aberrant, Wrapping(2, 2, None))(lr)
    assert out[0, 1, 3, 4] == plain[0, 1, 3, 4]
    untouched = torch.ones_like(out, dtype=torch.bool)
    untouched[0, 1, 3, 4] = False
    assert torch.equal(out[untouched], (plain + LARGEST_DEVIATION * 0.9)[untouched])


@pytest.mark.parametrize("spec", ["bicubic", "lanczos", "edsr"])
def test_a_tiled_image_equals_the_whole_one(monkeypatch, photo, spec):
    monkeypatch.setattr(sys.modules["srbench.methods.wrappers.tile"], "SIDE", 24)
    lr = torch.from_numpy(photo(50, 61)[None] / np.float32(255))
    with torch.inference_mode():
        whole = find(spec).build(4, Inference())(lr)
        tiled = find(f"{spec}+tile").build(4, Inference())(lr)
    assert tiled.shape == whole.shape
    assert (tiled - whole).abs().max() <= 1e-5


def test_a_tile_with_too_little_around_it_would_show(monkeypatch, photo):
    """The tolerance above is no idle one: with half of what edsr looks at, seams appear."""
    monkeypatch.setattr(sys.modules["srbench.methods.wrappers.tile"], "SIDE", 24)
    lr = torch.from_numpy(photo(50, 61)[None] / np.float32(255))
    edsr = find("edsr").build(4, Inference())
    with torch.inference_mode():
        difference = tile(edsr, Wrapping(4, 4, 4))(lr) - edsr(lr)
    assert difference.abs().max() > 1e-4


def test_names_compose_from_left_to_right():
    method = find("edsr+ensemble+tile")
    assert method.name == "edsr+ensemble+tile"
    assert method.scales == (2, 3, 4)
    assert method.receptive_radius(4) == 36
    assert method.identity(4)["wrappers"] == "+ensemble+tile"
    assert method.identity(4)["weights"] == find("edsr").identity(4)["weights"]


def test_twice_takes_the_weights_of_the_smaller_scale():
    twofold = find("edsr+twice")
    assert twofold.scales == (4, 8, 9, 16)
    assert twofold.identity(4)["weights"] == find("edsr").identity(2)["weights"]
    assert twofold.receptive_radius(4) == 36 + 18


def test_a_users_function_can_be_wrapped(tmp_path):
    (tmp_path / "a+b.py").write_text(
        "def up(lr, scale): return lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3)\n"
    )
    method = find(f"{tmp_path}/a+b.py:up+ensemble+twice")
    assert method.name == "a+b:up+ensemble+twice"
    assert method.build(4, Inference())(torch.rand(1, 3, 2, 2)).shape == (1, 3, 8, 8)
    with pytest.raises(RequestError, match="receptive radius of a.b:up is not known; give `receptive_radius`"):
        find(f"{tmp_path}/a+b.py:up+tile")


@pytest.mark.parametrize("wrapper", ["correct", "tile", "ensemble"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return lr.repeat_interleave(2, 2).repeat_interleave(2, 3) * float('nan')", "NaN or infinite"),
        ("return lr[:, :1].repeat_interleave(2, 2).repeat_interleave(2, 3)", "returned shape (1, 1, "),
        ("return lr.repeat_interleave(4, 2).repeat_interleave(4, 3)", "returned shape"),
    ],
)
def test_a_wrapper_mends_no_result_that_is_none(tmp_path, cli, photos, wrapper, body, message):
    (tmp_path / "bad.py").write_text(f"def up(lr): {body}\nup.receptive_radius = 1\n")
    done = cli("run", "--methods", f"bicubic,./bad.py:up+{wrapper}", "--scale", 2, "--datasets", photos)
    assert done.code == 1
    assert message in done.err


@pytest.mark.parametrize("name", ["receptive_radius", "reach"])
@pytest.mark.parametrize("value", ["-3", "True", "'far'"])
def test_a_functions_receptive_radius_is_a_number_of_pixels(tmp_path, name, value):
    (tmp_path / "f.py").write_text(f"def up(lr): return lr\nup.{name} = {value}\n")
    with pytest.raises(RequestError, match="expected a whole number of LR pixels"):
        find(f"{tmp_path}/f.py:up+tile")


@pytest.mark.parametrize(("spec", "message"), [("edsr+ensembel", "did you mean ensemble?"), ("edsr+", "no wrapper ''")])
def test_unknown_wrappers(spec, message):
    with pytest.raises(UnknownNameError, match=message):
        find(spec)


def test_every_wrapper_says_what_it_does(cli):
    shown = cli("list", "wrappers").out
    for wrapper in WRAPPERS.values():
        assert f"+{wrapper.name}" in shown


def in_place(lr, scale):
    """Nearest neighbours, and the input overwritten."""
    out = lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    lr.zero_()
    return out


class OneBuffer:
    """Nearest neighbours, in one buffer for each size, which the next call overwrites."""

    def __init__(self):
        self.buffers = {}

    def __call__(self, lr, scale):
        out = lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
        return self.buffers.setdefault(tuple(out.shape), torch.empty_like(out)).copy_(out)


def wrapped_psnr(function, wrappers, photos, scale=4):
    function.__name__, function.receptive_radius, function.scales = "mine", 1, (2, 4)
    method = find_method(function, installed_cards())
    for name in wrappers:
        method = WrappedMethod(method, WRAPPERS[name])
    produce = method.open(scale, Inference())
    image = read_image(photos / "one.png")
    job = Job("one", image, (image.shape[1] * scale, image.shape[2] * scale), scale, grey=False)
    return [produce([job])[0].array for _ in range(2)]


@pytest.mark.parametrize("wrappers", [(), ("ensemble",), ("correct",), ("tile",), ("twice",), ("ensemble", "correct")])
@pytest.mark.parametrize("function", [in_place, OneBuffer()], ids=["in place", "one buffer"])
def test_a_method_that_reuses_memory_gives_the_pixels_of_one_that_does_not(function, wrappers, photos):
    def plain(lr, scale):
        return lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3)

    expected, _ = wrapped_psnr(plain, wrappers, photos)
    first, second = wrapped_psnr(function, wrappers, photos)
    assert np.array_equal(first, expected)
    assert np.array_equal(second, expected)


def upscaled(function, planes):
    (image,) = upscale_planes(function, [planes], 2, colour="rgb", device="cpu")
    return image


@pytest.mark.parametrize(
    "change",
    [
        lambda x: torch._neg_view(-x),
        lambda x: x.half(),
        lambda x: x.bfloat16(),
        lambda x: x.double(),
        lambda x: x.requires_grad_(),
        lambda x: x.transpose(2, 3).contiguous().transpose(2, 3),
        lambda x: x[:, :, None].expand(-1, -1, 1, -1, -1)[:, :, 0],
        lambda x: (x * 8).round().div(8).to(torch.float8_e5m2),
    ],
    ids=["negative bit", "half", "bfloat16", "double", "gradient", "strides", "view", "float8"],
)
def test_results_of_any_float_and_layout_are_read_rightly(change):
    lr = (torch.arange(48).reshape(1, 3, 4, 4) % 5 / 4).float()
    planes = (lr[0].numpy() * 255).round().astype(np.uint8)
    (image,) = upscale_planes(
        lambda x: change(F.interpolate(x, scale_factor=2.0)), [planes], 2, colour="rgb", device="cpu"
    )
    expected = planes.repeat(2, 1).repeat(2, 2)
    assert np.abs(image.astype(int) - expected).max() <= 16  # of float8, which has three bits
    if change(torch.zeros(1, 3, 8, 8)).dtype in (torch.float32, torch.float64):
        assert np.array_equal(image, expected)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.to_sparse(),
        lambda x: x.to("meta"),
        lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.quint8),
    ],
    ids=["sparse", "meta", "quantized"],
)
@pytest.mark.filterwarnings("ignore")
def test_results_without_plain_samples_are_the_methods_error(change):
    with pytest.raises(MethodError, match="sparse, nested, quantized or meta tensor|raised"):
        upscaled(lambda x: change(F.interpolate(x, scale_factor=2.0)), np.zeros((3, 4, 4), np.uint8))
