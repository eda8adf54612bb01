"""Classifiers in a run: beside labels, beside HR, in batches, and when they fail."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch

import srbench
from srbench.downstream import viewer as viewing
from srbench.downstream.classifier import ChosenClassifier
from srbench.errors import MethodError, NotApplicableError, RequestError, UnknownNameError
from srbench.images import read_image
from srbench.registry import registry

NAME = "celeba-attributes"


@pytest.fixture
def labelled(photos):
    """The three photographs, each with forty attributes."""
    classes = viewing.Viewer(ChosenClassifier(registry().classifier(NAME)), "cpu", viewing.PredictionCache()).classes
    generator = np.random.default_rng(0)
    lines = [f"{path.name}," + ",".join(map(str, generator.integers(0, 2, 40))) for path in sorted(photos.iterdir())]
    (photos / "labels.csv").write_text("\n".join([",".join(["image", *classes]), *lines]) + "\n")
    return photos


def test_labels_make_accuracy_and_a_table_of_attributes(labelled, tmp_path):
    result = srbench.run(
        ["nearest", "bicubic"], datasets=str(labelled), scale=2, classifiers=NAME, output=tmp_path / "run"
    )
    table = result.leaderboard.set_index("method")
    assert table[f"{NAME}:accuracy"].between(0, 1).all()
    assert table[f"{NAME}:accuracy_low"].isna().all()  # three images have no interval
    ratio = table[f"{NAME}:accuracy"] / table[f"{NAME}:hr_accuracy"]
    assert np.allclose(table[f"{NAME}:retained"], ratio)
    assert table[f"{NAME}:agreement"].isna().all()
    attributes = pd.read_csv(tmp_path / "run" / "attributes.csv")
    assert len(attributes) == 2 * 40
    means = attributes.groupby("method")["accuracy"].mean()
    assert np.allclose(means[table.index], table[f"{NAME}:accuracy"], atol=1e-6)
    text = (tmp_path / "run" / "leaderboard.md").read_text()
    assert f"## {NAME} on ./photos ×2, classic-y: HR 0." in text


def test_without_labels_results_are_held_against_hr(photos):
    result = srbench.run(["nearest", "bicubic"], datasets=str(photos), scale=2, classifiers=NAME, metrics="l1")
    table = result.leaderboard
    assert table[f"{NAME}:agreement"].notna().all()
    assert (table[f"{NAME}:kl"] > 0).all()
    assert table[f"{NAME}:accuracy"].isna().all()


def test_hr_itself_agrees_with_hr(photos):
    result = srbench.score(photos, name="hr", dataset=str(photos), scale=2, metrics="l1", classifiers=NAME)
    row = result.leaderboard.iloc[0]
    assert (row[f"{NAME}:agreement"], row[f"{NAME}:kl"]) == (1, 0)


def test_a_run_without_classifiers_says_nothing_of_them(photos, tmp_path):
    result = srbench.run("nearest", datasets=str(photos), metrics="l1", output=tmp_path / "run")
    assert not [column for column in result.leaderboard if ":" in column]
    assert "classifiers" not in json.loads((tmp_path / "run" / "run.json").read_text())["plan"]


def test_the_same_run_looks_at_nothing_twice(labelled, tmp_path):
    run = {"datasets": str(labelled), "scale": 2, "classifiers": NAME, "metrics": "l1", "output": tmp_path / "run"}
    first = srbench.run("nearest", **run)
    cost = first.description["looking"][NAME]
    assert (cost["results"], cost["hr_images"]) == (3, 3)
    assert srbench.run("nearest", **run).reused == 3
    other = srbench.run("bilinear", **(run | {"output": None}))
    assert other.description["looking"][NAME]["hr_images"] == 0  # kept on the disk
    text = (labelled / "labels.csv").read_text().splitlines()
    text[2] = text[2].replace("1", "x").replace("0", "1").replace("x", "0")
    name = text[2].partition(",")[0].replace("x", "1")
    text[2] = name + "," + text[2].partition(",")[2]
    (labelled / "labels.csv").write_text("\n".join(text) + "\n")
    assert srbench.run("nearest", **run).reused == 2  # one image's labels changed


def test_batches_change_nothing(photos, monkeypatch):
    whole = srbench.run("bicubic", datasets=str(photos), scale=2, classifiers=NAME, metrics="l1")
    monkeypatch.setattr("srbench.runner._SEEN", 1)
    single = srbench.run("bicubic", datasets=str(photos), scale=2, classifiers=NAME, metrics="l1")
    for one, other in zip(whole.items, single.items, strict=True):
        assert one.seen[NAME]["sr"] == other.seen[NAME]["sr"]
        assert one.seen[NAME]["kl"] == pytest.approx(other.seen[NAME]["kl"], abs=1e-5)


def test_images_of_one_size_are_looked_at_together(photo, monkeypatch):
    viewer = viewing.Viewer(ChosenClassifier(registry().classifier(NAME)), "cpu", viewing.PredictionCache())
    batches = []
    real = viewer._classifier
    viewer._classifier = type(
        "Counting",
        (),
        {"task": real.task, "classes": real.classes, "__call__": lambda _, x: batches.append(len(x)) or real(x)},
    )()
    small = [viewing.View(photo(32, 32, top=i), photo(32, 32, top=i), f"a{i}", {}) for i in range(5)]
    large = [viewing.View(photo(40, 32, top=i), photo(40, 32, top=i), f"b{i}", {}) for i in range(2)]
    viewer.look([*small, *large])
    assert sorted(batches) == [2, 2, 5, 5]
    batches.clear()
    monkeypatch.setattr(viewing, "_PIXELS", 2 * 32 * 32)
    viewer.look(small)
    assert batches == [2, 2, 1]  # HR is known by now


def failing(images):
    raise ValueError("no idea")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (failing, "raised ValueError: no idea"),
        (lambda images: torch.zeros(len(images), 3), "returned (1, 3), expected (1, 40)"),
        (lambda images: torch.full((len(images), 40), float("nan")), "finite numbers"),
    ],
)
def test_a_classifier_that_fails_fails_its_records(photos, monkeypatch, answer, message):
    real = ChosenClassifier.build

    class Broken:
        def __init__(self, other):
            self.task, self.classes = other.task, other.classes

        def __call__(self, images):
            return answer(images)

    monkeypatch.setattr(ChosenClassifier, "build", lambda self, device: Broken(real(self, device)))
    result = srbench.run("nearest", datasets=str(photos), scale=2, classifiers=NAME, metrics="l1")
    assert result.failed == 3
    assert any(message in note for note in result.notes)


def test_what_cannot_be_asked(photos, tmp_path):
    run = {"methods": "bicubic", "datasets": str(photos), "metrics": "l1"}
    with pytest.raises(UnknownNameError, match="did you mean celeba-attributes"):
        srbench.run(**run, classifiers="celeba-atributes")
    with pytest.raises(RequestError, match="needs to know which: write timm:X"):
        srbench.run(**run, classifiers="timm")
    with pytest.raises(RequestError, match="has no variants"):
        srbench.run(**run, classifiers=f"{NAME}:x")
    with pytest.raises(RequestError, match="given twice"):
        srbench.run(**run, classifiers=[NAME, NAME])
    with pytest.raises(RequestError, match="not among the classifiers"):
        srbench.run(**run, classifier_weights={NAME: tmp_path})
    with pytest.raises(NotApplicableError, match="under srcnn-y only luma"):
        srbench.run(**run, classifiers=NAME, protocol="srcnn-y")
    with pytest.raises(RequestError, match="--weights squeezenet1_1=FILE"):
        srbench.run(**run, classifiers="squeezenet1_1")
    (tmp_path / "w").write_bytes(b"")
    with pytest.raises(RequestError, match="takes no weight file"):
        srbench.run(**run, classifiers=NAME, classifier_weights={NAME: tmp_path / "w"})


def test_labels_of_other_images_stop_a_run(labelled):
    (labelled / "labels.csv").write_text((labelled / "labels.csv").read_text().replace("one.png", "won.png"))
    with pytest.raises(RequestError, match=r"1 images have no row \(one\).*not here \(won\)"):
        srbench.run("nearest", datasets=str(labelled), classifiers=NAME)


def test_the_command_line(labelled, cli, tmp_path):
    output = tmp_path / "run"
    done = cli(
        "run", "--methods", "nearest,bicubic", "--datasets", labelled, "--scale", "2",
        "--classifier", NAME, "--output", output,
    )  # fmt: skip
    assert done.code == 0
    assert f"{NAME} on ./photos ×2, classic-y" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80
    ranked = cli("leaderboard", output, "--rank", f"psnr,{NAME}:accuracy")
    assert "rank ↓" in ranked.out
    assert "mean rank over psnr" in ranked.err
    assert cli("leaderboard", output, "--sort", f"{NAME}:kept").code == 2
    assert cli("leaderboard", output, "--sort", "psnr", "--rank", "psnr").code == 2


def test_disagreement_is_said_only_where_intervals_part():
    from srbench.downstream.columns import disagreements, downstream_columns

    row = dict.fromkeys(downstream_columns([NAME])) | {"psnr": 30.0, "method": "faithful"}
    row |= {f"{NAME}:accuracy": 0.8, f"{NAME}:accuracy_low": 0.78, f"{NAME}:accuracy_high": 0.82}
    other = row | {"psnr": 29.0, "method": "useful", f"{NAME}:accuracy": 0.83, f"{NAME}:accuracy_low": 0.815}
    other[f"{NAME}:accuracy_high"] = 0.85
    assert not list(disagreements("x", pd.DataFrame([row, other])))
    other[f"{NAME}:accuracy_low"] = 0.825
    (line,) = disagreements("x ×4", pd.DataFrame([row, other]))
    assert (
        line
        == f"{NAME} on x ×4 disagrees with PSNR: useful has accuracy 0.830 at 29.000 dB, faithful 0.800 at 30.000 dB"
    )


def test_the_shipped_classifier_knows_faces(benchmark_data, tmp_path):
    """Of held-out faces it tells 87 % of the attributes right, far more than by always saying the commoner value."""
    from srbench.labels import read_attributes

    labels = read_attributes(benchmark_data / "celeba" / "list_attr_celeba.txt")
    faces = [f"{number:06d}" for number in range(9001, 10_001)]
    images = np.stack([read_image(benchmark_data / "celeba" / "half" / f"{face}.jpg") for face in faces])
    classifier = ChosenClassifier(registry().classifier(NAME)).build("cpu")
    assert classifier.classes == labels.classes
    with torch.inference_mode():
        said = torch.cat([classifier(torch.from_numpy(part).float() / 255) for part in np.array_split(images, 8)]) > 0
    truth = torch.tensor([labels.values[face] for face in faces]).bool()
    known = torch.tensor([labels.values[f"{number:06d}"] for number in range(1, 9001)]).float()
    accuracy = float((said == truth).float().mean())
    commoner = float(((known.mean(0) > 0.5) == truth).float().mean())
    assert accuracy >= 0.87
    assert accuracy > commoner + 0.05


def test_the_shipped_classifier_takes_faces_of_any_size(benchmark_data):
    """The same 32 faces whole, at half size and as the squares of celeba-128: nearly the same attributes."""
    from srbench.preparing import square
    from srbench.protocol import imresize

    whole = np.stack([read_image(path) for path in sorted((benchmark_data / "celeba" / "img_align_celeba").iterdir())])
    half = np.stack([imresize(face, (109, 89)) for face in whole])
    squares = np.stack([square(face, 128) for face in whole])
    classifier = ChosenClassifier(registry().classifier(NAME)).build("cpu")
    with torch.inference_mode():
        first, *others = (classifier(torch.from_numpy(faces).float() / 255) > 0 for faces in (half, whole, squares))
    agreement = [float((first == other).float().mean()) for other in others]
    assert agreement[0] > 0.97
    assert agreement[1] > 0.93


def test_a_gpu_of_its_own_would_be_told(photos):
    """What it says is brought back to the processor."""
    viewer = viewing.Viewer(ChosenClassifier(registry().classifier(NAME)), "cpu", viewing.PredictionCache())
    (found,) = viewer.look(
        [viewing.View(torch.zeros(1, 40, 32, dtype=torch.uint8), np.zeros((1, 40, 32), np.uint8), "k", {})]
    )
    assert found.sr == found.hr  # grey images are looked at too
    with pytest.raises(MethodError):
        viewer._call([np.zeros((2, 8, 8), np.uint8)])
