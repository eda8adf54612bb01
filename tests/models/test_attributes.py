"""Training the attribute network: a tiny one learns, is interrupted, resumes, and comes out the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from srbench.errors import RequestError
from srbench.files import write_image
from srbench_models.classifiers.attributes.faces import accuracies, altered, majority
from srbench_models.classifiers.attributes.network import AttributeNetwork

pytest.importorskip("lightning")

RECIPE = """
[classifier]
name = "tiny"
seed = 1
channels = [4, 8]
dropout = 0.2
[data]
images = "faces"
labels = "attr.txt"
train = ["000001", "000040"]
held_out = ["000041", "000050"]
[schedule]
epochs = 8
batch = 8
learning_rate = 1e-2
weight_decay = 0.0
"""


@pytest.fixture
def faces(tmp_path):
    """Fifty images, bright or dark, and an attribute that says which."""
    generator = np.random.default_rng(0)
    rows = []
    for number in range(1, 51):
        bright = number % 2
        image = generator.integers(120 * bright, 120 + 120 * bright, (3, 30, 24), dtype=np.uint8)
        write_image(tmp_path / "faces" / f"{number:06d}.png", image)
        (tmp_path / "faces" / f"{number:06d}.png").rename(tmp_path / "faces" / f"{number:06d}.jpg")
        rows.append(f"{number:06d}.jpg {1 if bright else -1} 1")
    (tmp_path / "attr.txt").write_text("\n".join(["50", "Bright There", *rows]) + "\n")
    (tmp_path / "tiny.recipe.toml").write_text(RECIPE)
    return tmp_path


@pytest.mark.slow
def test_it_learns_is_stopped_and_comes_out_the_same(faces, cli, monkeypatch):
    from srbench_models.classifiers.attributes import training

    words = ("train", faces / "tiny.recipe.toml", "--data", faces, "--device", "cpu")
    done = cli(*words, "--output", faces / "whole")
    assert done.code == 0
    assert "40 faces to train on, 10 held out, 2 attributes" in done.out
    found = re.search(r"held-out accuracy (\S+); always the commoner value: 0\.7500", done.out)
    assert float(found[1]) > 0.75
    real = training._Module.training_step

    def stopped(self, *arguments):
        if self.global_step == 12:
            raise KeyboardInterrupt
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(training._Module, "training_step", stopped)
        assert cli(*words, "--output", faces / "twice").code == 130
    assert cli(*words, "--output", faces / "twice").code == 2  # not without --resume
    (faces / "tiny.recipe.toml").write_text(RECIPE.replace("batch = 8", "batch = 4"))
    other = cli(*words, "--output", faces / "twice", "--resume")
    assert (other.code, "another recipe" in other.err) == (2, True)
    (faces / "tiny.recipe.toml").write_text(RECIPE)
    assert cli(*words, "--output", faces / "twice", "--resume").code == 0
    whole, twice = (load_file(faces / name / "tiny.safetensors") for name in ("whole", "twice"))
    assert all(torch.equal(whole[key], twice[key]) for key in whole)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("seed = 1", "seed = 1\nlayers = 3"), "classifier.layers: Extra inputs"),
        (('train = ["000001", "000040"]', 'train = ["000090", "000099"]'), "no images from 000090 to 000099"),
        (("epochs = 8", "epochs = 0"), "schedule.epochs"),
        (("000050", "182638"), "are for testing"),
    ],
)
def test_what_is_wrong_with_a_recipe(faces, cli, change, message):
    (faces / "tiny.recipe.toml").write_text(RECIPE.replace(*change))
    done = cli("train", faces / "tiny.recipe.toml", "--data", faces, "--device", "cpu", "--output", faces / "out")
    assert (done.code, message in done.err) == (2, True)


def test_a_classifier_takes_no_scale(faces, cli):
    done = cli("train", faces / "tiny.recipe.toml", "--data", faces, "--scale", "2")
    assert done.code == RequestError.exit_code
    assert "takes neither --scale nor --features" in done.err


def test_folding_changes_nothing():
    torch.manual_seed(0)
    network = AttributeNetwork(5, (4, 8, 8)).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 2)
    images = torch.rand(2, 3, 50, 88)
    with torch.inference_mode():
        before = network(images)
        assert torch.allclose(network.folded()(images), before, atol=1e-5)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())


def test_alterations_are_faces_still():
    images = torch.randint(0, 256, (16, 3, 30, 24), dtype=torch.uint8)
    shapes = {tuple(altered(images, torch.Generator().manual_seed(seed)).shape) for seed in range(20)}
    assert shapes == {(16, 3, 30, 24), (16, 3, 24, 24)}
    made = altered(images, torch.Generator().manual_seed(0))
    assert torch.equal(made, altered(images, torch.Generator().manual_seed(0)))
    assert made.min() >= 0
    assert made.max() <= 1


def test_accuracy_and_the_commoner_value():
    attributes = torch.tensor([[1, 0], [1, 1], [0, 0]], dtype=torch.uint8)
    assert majority(attributes).tolist() == [1, 0]
    logits = [torch.tensor([[1.0, -1.0], [1.0, -1.0]]), torch.tensor([[1.0, -1.0]])]
    assert accuracies(logits, attributes).tolist() == pytest.approx([2 / 3, 2 / 3])
