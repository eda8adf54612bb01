"""One suite over every method card: what any upscaler must do, built in or installed."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

from srbench.api import Inference, Job
from srbench.cards import installed_cards
from srbench.files import file_sha256
from srbench.methods import find_method
from srbench.methods.plausibility import suspicions
from srbench_models.training.recipe import read_recipe


def variants():
    """Every method with each set of weights that needs no fetching; other people's weights are not here to be tried."""
    for name, entry in installed_cards().methods.items():
        shipped = {weights.name for weights in entry.card.weights if weights.shipped}
        if not entry.card.weights and not entry.card.variants:
            yield name
        for weights in sorted(shipped):
            yield f"{name}@{weights}"


METHODS = sorted(variants())


def card_of(name):
    return installed_cards().method(name.partition("@")[0]).card


def scales_of(name):
    scales = find_method(name, installed_cards()).scales
    return (2, 3, 4) if scales == "any" else scales


CASES = [(name, scale) for name in METHODS for scale in scales_of(name)]


def upscale(name, lr, scale):
    produce = find_method(name, installed_cards()).open(scale, Inference())
    return produce([Job("photo", lr, (lr.shape[1] * scale, lr.shape[2] * scale), scale, grey=False)])[0].image


@pytest.mark.parametrize(("name", "scale"), CASES)
def test_shape_range_and_likeness(photo, name, scale):
    lr = photo(24, 37)
    out = upscale(name, lr, scale)
    assert out.dtype == np.uint8
    assert out.shape == (3, 24 * scale, 37 * scale)
    assert suspicions(out, lr, scale) == ()


@pytest.mark.parametrize(("name", "scale"), CASES)
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (3, 2)])
def test_tiny_images(photo, name, scale, size):
    assert upscale(name, photo(*size), scale).shape == (3, size[0] * scale, size[1] * scale)


@pytest.mark.parametrize(("name", "scale"), CASES)
def test_twice_gives_the_same_bytes(photo, name, scale):
    assert np.array_equal(upscale(name, photo(16, 16), scale), upscale(name, photo(16, 16), scale))


@pytest.mark.parametrize("name", METHODS)
def test_flat_grey_stays_flat_grey(name):
    """A method may ring at edges; where there are none it has nothing to add. The border of a network that pads with
    zeros is an edge."""
    flat = np.full((3, 24, 24), 120, np.uint8)
    scale = scales_of(name)[-1]
    out = upscale(name, flat, scale).astype(int)
    tolerance, border = (4, 4 * scale) if card_of(name).weights else (0, 0)
    inner = slice(border, 24 * scale - border)
    assert np.abs(out[:, inner, inner] - 120).max() <= tolerance


@pytest.mark.parametrize("name", [name for name in METHODS if card_of(name).colour == "any"])
def test_any_colour_methods_treat_planes_alike(photo, name):
    whole = upscale(name, photo(20, 20), 3)
    planes = [upscale(name, photo(20, 20)[index : index + 1], 3)[0] for index in range(3)]
    assert np.array_equal(whole, np.stack(planes))


@pytest.mark.parametrize(("name", "scale"), CASES)
def test_a_method_looks_no_further_than_its_card_says(photo, name, scale):
    """Beyond `receptive_radius` nothing matters: an image whose far side is another gives the same near side."""
    method = find_method(name, installed_cards())
    receptive_radius = method.receptive_radius(scale)
    assert receptive_radius is not None, "every method of srbench says how far it looks"
    upscaler = method.build(scale, Inference())
    planes = 1 if method.colour == "y" else 3
    near, far = 6, 12
    lr = torch.from_numpy(photo(9, near + receptive_radius + far)[:planes] / np.float32(255))[None]
    other = lr.clone()
    other[..., near + receptive_radius :] = 1 - other[..., near + receptive_radius :]
    with torch.inference_mode():
        difference = (upscaler(lr) - upscaler(other)).abs()
    assert difference[..., : near * scale].max() <= 1e-5
    assert difference[..., -scale:].max() > 1e-2


SHIPPED = [
    pytest.param(entry.path.parent / weights.file, weights, id=f"{name}@{weights.name}-x{weights.scale}")
    for name, entry in installed_cards().methods.items()
    for weights in entry.card.weights
    if weights.shipped
]


@pytest.mark.parametrize(("path", "weights"), SHIPPED)
def test_shipped_weights_are_those_the_card_describes(path, weights):
    assert file_sha256(path) == weights.sha256
    with safe_open(path, framework="np") as file:
        sizes = [np.prod(file.get_slice(key).get_shape()) for key in file.keys()]  # noqa: SIM118  # not a dict
    assert sum(int(size) for size in sizes) == weights.parameters


@pytest.mark.parametrize(("path", "weights"), [case for case in SHIPPED if "srbench_models" in case.values[0].parts])
def test_shipped_weights_say_how_they_were_made(path, weights):
    """The recipe in the file is the one that lies beside it; the images it saw are counted and hashed."""
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    recipe = read_recipe(path.with_suffix(".recipe.toml"))
    assert json.loads(metadata["recipe"]) == recipe.describe()
    assert int(metadata["steps"]) == recipe.schedule.steps
    assert int(metadata["training_images"]) > 500
    assert len(metadata["training_images_sha256"]) == 64
    assert metadata["revision"]


def test_all_weights_together_stay_small():
    assert sum(case.values[0].stat().st_size for case in SHIPPED) < 25 * 2**20
