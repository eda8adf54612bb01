"""Classifiers by themselves: preparation of images, other people's libraries, present, absent or broken."""

from __future__ import annotations

import importlib
import sys
import types

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

import srbench
from srbench.cards import installed_cards, load_target
from srbench.classifiers.find import find_classifier
from srbench.errors import RequestError, RuntimeMissingError, WeightsError
from srbench_models.classifiers.adapter import centre_square
from srbench_models.classifiers.attributes.network import resized
from srbench_models.classifiers.squeezenet.classifier import prepared


def built(spec, **files):
    return find_classifier(spec, installed_cards(), files).build("cpu")


def test_caffes_preparation_against_pillow(photo):
    image = photo(300, 320, top=0, left=0)
    made = prepared(torch.from_numpy(image)[None].float() / 255)
    assert made.shape == (1, 3, 227, 227)
    picture = PillowImage.fromarray(image.transpose(1, 2, 0)).resize((273, 256), PillowImage.Resampling.BILINEAR)
    cut = np.asarray(picture)[14:241, 23:250].astype(np.float64)
    expected = cut[:, :, ::-1] - (104, 117, 123)
    assert np.abs(made[0].numpy().transpose(1, 2, 0) - expected).max() <= 1.0  # Pillow rounds


@pytest.mark.parametrize(("height", "width"), [(256, 256), (100, 300), (500, 260), (31, 17)])
def test_a_centre_square_is_one_whatever_it_is_cut_from(height, width):
    images = torch.rand(2, 3, height, width)
    assert centre_square(images, 64, 56).shape == (2, 3, 56, 56)
    if (height, width) == (256, 256):
        assert torch.equal(centre_square(images, 256, 200), images[:, :, 28:228, 28:228])


@pytest.mark.parametrize(("height", "width", "made"), [(109, 88, 109), (218, 178, 108), (128, 128, 88), (1, 200, 1)])
def test_faces_keep_their_proportions(height, width, made):
    assert resized(torch.rand(1, 3, height, width)).shape == (1, 3, made, 88)


def test_squeezenet_names_what_everyone_sees(benchmark_data, photo):
    """Its first class for the photograph of a cup of coffee is one of the cups and the coffees."""
    folder = benchmark_data / "weights" / "squeezenet1_1"
    classifier = built("squeezenet1_1", squeezenet1_1=folder / "squeezenet1_1_caffe.safetensors")
    words = (folder / "synset_words.txt").read_text().splitlines()
    with torch.inference_mode():
        logits = classifier(torch.from_numpy(photo(400, 600, top=0, left=0))[None].float() / 255)
    assert logits.shape == (1, 1000)
    first = [words[index] for index in logits[0].topk(3).indices]
    assert any("espresso" in word or "cup" in word for word in first)


def test_squeezenet_beside_hr(benchmark_data, photos):
    file = benchmark_data / "weights" / "squeezenet1_1" / "squeezenet1_1_caffe.safetensors"
    result = srbench.run(
        ["nearest", "bicubic"], datasets=str(photos), scale=4, metrics="l1", classifiers="squeezenet1_1",
        classifier_weights={"squeezenet1_1": file},
    )  # fmt: skip
    table = result.leaderboard.set_index("method")
    assert set(table["squeezenet1_1:top1"]) <= {0, 1 / 3, 2 / 3, 1}
    assert (table["squeezenet1_1:top5"] >= table["squeezenet1_1:top1"]).all()
    assert (table["squeezenet1_1:kl"] > 0).all()


def test_classes_without_names_are_numbers(benchmark_data, photos):
    file = benchmark_data / "weights" / "squeezenet1_1" / "squeezenet1_1_caffe.safetensors"
    run = {"datasets": str(photos), "scale": 2, "metrics": "l1", "classifiers": "squeezenet1_1"}
    said = srbench.run("bicubic", **run, classifier_weights={"squeezenet1_1": file})
    rows = "".join(f"{record.key.image}.png,{record.seen['squeezenet1_1']['sr']}\n" for record in said.items)
    (photos / "labels.csv").write_text(f"image,label\n{rows}")
    told = srbench.run("bicubic", **run, classifier_weights={"squeezenet1_1": file}).leaderboard
    assert told["squeezenet1_1:accuracy"].item() == 1


def test_other_weights_do_not_fit(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="does not fit SqueezeNet"):
        built("squeezenet1_1", squeezenet1_1=tmp_path / "w.safetensors")


@pytest.mark.parametrize("module", ["torchvision", "timm", "transformers"])
@pytest.mark.parametrize("error", [ImportError("no module"), RuntimeError("operator torchvision::nms does not exist")])
def test_an_absent_or_broken_library_is_one_line(monkeypatch, tmp_path, module, error):
    from srbench_models import libraries

    real = importlib.import_module

    def broken(name):
        raise error

    chosen = find_classifier(f"{module}:{tmp_path}", installed_cards(), {})
    load_target(chosen.entry.card.factory, "the test")  # the adapter itself is there
    monkeypatch.setattr(
        libraries.importlib, "import_module", lambda name: real(name) if "srbench" in name else broken(name)
    )
    with pytest.raises(RuntimeMissingError) as caught:
        chosen.build("cpu")
    assert f"{module} cannot be loaded" in str(caught.value)
    assert f"pip install 'srbench[{module}]'" in str(caught.value)
    assert str(error) in str(caught.value)


class Tiny(torch.nn.Module):
    """Three classes by the mean of each plane."""

    num_classes = 3

    def forward(self, x):
        return x.mean((2, 3))


def replaced(monkeypatch, name, **attributes):
    module = types.ModuleType(name)
    vars(module).update(attributes)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_torchvision_by_its_own_rules(monkeypatch):
    weights = types.SimpleNamespace(meta={"categories": ["red", "green", "blue"]}, transforms=lambda: lambda x: x * 2)

    def unknown(name):
        if name != "tiny":
            raise ValueError(f"Unknown model {name}")
        return types.SimpleNamespace(DEFAULT=weights)

    replaced(monkeypatch, "torchvision")
    replaced(monkeypatch, "torchvision.models", get_model_weights=unknown, get_model=lambda name, weights: Tiny())
    classifier = built("torchvision:tiny")
    assert classifier.classes == ("red", "green", "blue")
    assert torch.allclose(classifier(torch.full((2, 3, 8, 8), 0.25)), torch.full((2, 3), 0.5))
    with pytest.raises(RequestError, match="torchvision has no classifier 'resnet'"):
        built("torchvision:resnet")


def test_timm_by_its_own_rules(monkeypatch):
    rules = {"input_size": (3, 8, 8), "crop_pct": 0.5, "mean": (0.5, 0.5, 0.5), "std": (0.25, 0.5, 1.0)}

    def create_model(name, pretrained):
        if name != "tiny":
            raise RuntimeError(f"Unknown model ({name})")
        assert pretrained
        return Tiny()

    data = types.SimpleNamespace(resolve_model_data_config=lambda _: rules | {"interpolation": "bicubic"})
    replaced(monkeypatch, "timm", create_model=create_model, data=data)
    assert torch.allclose(
        built("timm:tiny")(torch.full((1, 3, 40, 50), 0.75)), torch.tensor([[1.0, 0.5, 0.25]]), atol=1e-5
    )
    with pytest.raises(RequestError, match="timm has no model 'resnet'"):
        built("timm:resnet")


def test_transformers_from_a_folder(monkeypatch, tmp_path):
    class Model(torch.nn.Module):
        config = types.SimpleNamespace(id2label={1: "dark", 0: "light"}, problem_type=None)

        def forward(self, pixel_values):
            return types.SimpleNamespace(logits=pixel_values.mean((2, 3))[:, :2])

    def from_pretrained(kind):
        def read(folder, local_files_only):
            assert local_files_only
            if not (folder / "config.json").exists():
                raise OSError("no config.json")
            return Model() if kind == "model" else processor

        return types.SimpleNamespace(from_pretrained=read)

    def processor(images, return_tensors):
        assert return_tensors == "pt"
        return {"pixel_values": torch.stack(images).float()}

    replaced(
        monkeypatch, "transformers",
        AutoModelForImageClassification=from_pretrained("model"), AutoImageProcessor=from_pretrained("processor"),
    )  # fmt: skip
    with pytest.raises(RequestError, match="holds no classifier of images"):
        built(f"transformers:{tmp_path}")
    (tmp_path / "config.json").write_text("{}")
    classifier = built(f"transformers:{tmp_path}")
    assert (classifier.task, classifier.classes) == ("classes", ("light", "dark"))
    assert classifier(torch.full((1, 3, 4, 4), 0.2)).tolist() == [[51.0, 51.0]]
    assert find_classifier(f"transformers:{tmp_path}", installed_cards(), {}).name == f"transformers:{tmp_path.name}"
    with pytest.raises(RequestError, match="no such folder"):
        built(f"transformers:{tmp_path / 'absent'}")
