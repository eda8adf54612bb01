"""One suite over every method card: what any upscaler must do, built in or installed."""

from __future__ import annotations

import numpy as np
import pytest

from srbench.methods import Job, find_method
from srbench.plausibility import suspicions
from srbench.registry import registry

METHODS = sorted(registry().methods)


def scales_of(name):
    scales = registry().method(name).card.scales
    return (2, 3, 4) if scales == "any" else scales


CASES = [(name, scale) for name in METHODS for scale in scales_of(name)]


def upscale(name, lr, scale):
    produce = find_method(name, registry()).open(scale, "cpu")
    return produce(Job("photo", lr, (lr.shape[1] * scale, lr.shape[2] * scale), scale, grey=False)).image


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
    """A method may ring at edges; where there are none it has nothing to add."""
    flat = np.full((3, 12, 12), 120, np.uint8)
    out = upscale(name, flat, scales_of(name)[-1])
    tolerance = 4 if registry().method(name).card.weights else 0
    assert np.abs(out.astype(int) - 120).max() <= tolerance


@pytest.mark.parametrize("name", [name for name in METHODS if registry().method(name).card.colour == "any"])
def test_any_colour_methods_treat_planes_alike(photo, name):
    whole = upscale(name, photo(20, 20), 3)
    planes = [upscale(name, photo(20, 20)[index : index + 1], 3)[0] for index in range(3)]
    assert np.array_equal(whole, np.stack(planes))


@pytest.mark.parametrize("name", METHODS)
def test_shipped_weights_are_those_the_card_describes(name):
    from srbench.fingerprint import file_sha256

    entry = registry().method(name)
    for weights in entry.card.weights:
        path = entry.path.parent / weights.file
        assert file_sha256(path) == weights.sha256
        from safetensors import safe_open

        with safe_open(path, framework="np") as file:
            sizes = [np.prod(file.get_slice(key).get_shape()) for key in file.keys()]  # noqa: SIM118  # not a dict
            assert "recipe" in file.metadata()
        assert sum(int(size) for size in sizes) == weights.parameters


def test_all_weights_together_stay_small():
    total = sum(
        (entry.path.parent / weights.file).stat().st_size
        for entry in registry().methods.values()
        for weights in entry.card.weights
    )
    assert total < 25 * 2**20
