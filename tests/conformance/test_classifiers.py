"""What every classifier card promises."""

from __future__ import annotations

import json
import tomllib

import pytest
import torch
from safetensors import safe_open

from srbench.cards import installed_cards, load_target
from srbench.classifiers.find import ChosenClassifier
from srbench.files import file_sha256

ENTRIES = installed_cards().classifiers
SHIPPED = [name for name, entry in ENTRIES.items() if entry.card.weights]


def test_there_are_some():
    assert {"celeba-attributes", "squeezenet1_1", "torchvision", "timm", "transformers"} <= set(ENTRIES)
    assert SHIPPED


@pytest.mark.parametrize("name", ENTRIES)
def test_a_factory_loads_without_its_extra(name):
    assert callable(load_target(ENTRIES[name].card.factory, "the test"))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_weights_are_the_cards_and_their_recipe_lies_beside_them(name):
    entry = ENTRIES[name]
    weights = entry.card.weights
    path = entry.path.parent / weights.file
    assert file_sha256(path) == weights.sha256
    assert path.stat().st_size <= 2 * 2**20
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        assert sum(file.get_tensor(key).numel() for key in file.keys()) == weights.parameters  # noqa: SIM118  # no dict
    (recipe,) = entry.path.parent.glob("*.recipe.toml")
    assert tomllib.loads(recipe.read_text()) == json.loads(metadata["recipe"])
    assert float(metadata["held_out_accuracy"]) >= 0.87
    assert float(metadata["held_out_accuracy"]) > float(metadata["commoner_value_accuracy"]) + 0.05


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize(("height", "width"), [(32, 32), (109, 89), (218, 178), (7, 300), (400, 20)])
def test_any_size_will_do_and_batches_are_only_quicker(name, height, width):
    classifier = ChosenClassifier(ENTRIES[name]).build("cpu")
    images = torch.rand((3, 3, height, width), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole = classifier(images)
        single = torch.cat([classifier(image[None]) for image in images])
    assert whole.shape == (3, len(classifier.classes))
    assert torch.allclose(whole, single, atol=1e-4)
