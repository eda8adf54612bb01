"""Classifiers in a run: beside labels, beside HR, in batches, and when they fail."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch

import srbench
from srbench.cards import installed_cards
from srbench.classifiers import loaded as viewing
from srbench.classifiers.cache import PredictionCache
from srbench.classifiers.find import ChosenClassifier
from srbench.errors import MethodError, NotApplicableError, RequestError, UnknownNameError
from srbench.files import read_image, write_image

NAME = "celeba-attributes"


@pytest.fixture
def labelled(photos):
    """The three photographs, each with forty attributes."""
    classes = viewing.LoadedClassifier(
        ChosenClassifier(installed_cards().classifier(NAME)), "cpu", PredictionCache()
    ).classes
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
    assert f"{NAME}:accuracy_low" not in table  # three images have no interval
    ratio = table[f"{NAME}:accuracy"] / table[f"{NAME}:hr_accuracy"]
    assert np.allclose(table[f"{NAME}:retained"], ratio)
    assert f"{NAME}:agreement" not in table
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
    assert f"{NAME}:accuracy" not in table


def test_hr_itself_agrees_with_hr(photos):
    result = srbench.score(photos, name="hr", dataset=str(photos), scale=2, metrics="l1", classifiers=NAME)
    row = result.leaderboard.iloc[0]
    assert (row[f"{NAME}:agreement"], row[f"{NAME}:kl"]) == (1, 0)


@pytest.fixture
def another_device(monkeypatch):
    """A second device of torch that is really the CPU; returns what was built on which device."""
    from srbench.metrics.find import CardMetric

    built = []
    for kind in (ChosenClassifier, CardMetric):

        def build(self, device, real=kind.build):
            built.append((getattr(self, "name", "metric"), device))
            return real(self, device)

        monkeypatch.setattr(kind, "build", build)
    devices = {"auto": "cpu:0", "cuda": "cpu:0", "cpu": "cpu"}
    monkeypatch.setattr("srbench.harness.execute.resolve_device", devices.__getitem__)
    return built


@pytest.mark.parametrize(
    ("options", "device"), [({}, "cpu:0"), ({"device": "cuda"}, "cpu:0"), ({"device": "cpu"}, "cpu")]
)
def test_classifiers_of_images_made_elsewhere_run_on_the_device(photos, tmp_path, another_device, options, device):
    """Metrics are computed where the images lie, as arrays."""
    for path in photos.iterdir():
        image = read_image(path)
        cut = image[:, : image.shape[1] // 2 * 2, : image.shape[2] // 2 * 2]
        write_image(tmp_path / "sr" / path.name, np.clip(cut, 40, 200))
    score = {"name": "theirs", "dataset": str(photos), "scale": 2, "metrics": ["l1", "psnr"]}
    plain = srbench.score(tmp_path / "sr", **score).leaderboard
    another_device.clear()
    result = srbench.score(tmp_path / "sr", **score, classifiers=NAME, **options)
    assert set(another_device) == {(NAME, device), ("metric", "cpu")}
    assert result.failed == 0
    assert result.leaderboard[["l1", "psnr"]].equals(plain[["l1", "psnr"]])
    assert result.leaderboard[f"{NAME}:agreement"].notna().all()
    assert result.description.environment.device == "elsewhere"


def test_the_command_line_chooses_the_device_of_classifiers(photos, tmp_path, another_device, cli):
    words = ["score", "--dataset", photos, "--scale", 2, "--images", photos, "--name", "hr", "--metrics", "l1"]
    assert cli(*words, "--classifier", NAME, "--device", "cuda").code == 0
    assert (NAME, "cpu:0") in another_device
    another_device.clear()
    assert cli(*words, "--device", "cuda").code == 0
    assert set(another_device) == {("metric", "cpu")}


def test_a_run_without_classifiers_says_nothing_of_them(photos, tmp_path):
    result = srbench.run("nearest", datasets=str(photos), metrics="l1", output=tmp_path / "run")
    assert not [column for column in result.leaderboard if ":" in column]
    assert "classifiers" not in json.loads((tmp_path / "run" / "run.json").read_text())["plan"]


def test_the_same_run_looks_at_nothing_twice(labelled, tmp_path):
    run = {"datasets": str(labelled), "scale": 2, "classifiers": NAME, "metrics": "l1", "output": tmp_path / "run"}
    first = srbench.run("nearest", **run)
    cost = first.description.classifier_cost[NAME]
    assert (cost.results, cost.hr_images) == (3, 3)
    assert srbench.run("nearest", **run).reused == 3
    other = srbench.run("bilinear", **(run | {"output": None}))
    assert other.description.classifier_cost[NAME].hr_images == 0  # kept on the disk
    text = (labelled / "labels.csv").read_text().splitlines()
    text[2] = text[2].replace("1", "x").replace("0", "1").replace("x", "0")
    (labelled / "labels.csv").write_text("\n".join(text) + "\n")
    assert srbench.run("nearest", **run).reused == 2  # one image's labels changed


def test_a_word_the_classifier_does_not_know_is_said_and_mending_it_is_noticed(labelled, tmp_path):
    run = {"datasets": str(labelled), "scale": 2, "classifiers": NAME, "metrics": "l1", "output": tmp_path / "run"}
    text = (labelled / "labels.csv").read_text()
    (labelled / "labels.csv").write_text(text.replace("Smiling", "Smilling"))
    wrong = srbench.run("nearest", **run)
    assert any("it does not know Smilling; the other 39 are used" in note for note in wrong.notes)
    assert len(wrong.attributes) == 39
    (labelled / "labels.csv").write_text(text)
    mended = srbench.run("nearest", **run)
    assert mended.reused == 0
    assert mended.leaderboard[f"{NAME}:accuracy"].notna().all()
    (labelled / "labels.csv").unlink()
    assert (tmp_path / "run" / "attributes.csv").exists()
    srbench.run("nearest", **run)
    assert not (tmp_path / "run" / "attributes.csv").exists()


def test_some_attributes_will_do_and_others_will_not(photos):
    files = [path.name for path in sorted(photos.iterdir())]
    (photos / "labels.csv").write_text("image,Young,Smiling\n" + "".join(f"{name},1,0\n" for name in files))
    run = {"datasets": str(photos), "scale": 2, "classifiers": NAME, "metrics": "l1"}
    some = srbench.run("nearest", **run)
    assert list(some.attributes["attribute"]) == ["Smiling", "Young"]
    bits = [(one.seen[NAME]["sr"][31], one.seen[NAME]["sr"][39]) for one in some.items]
    expected = np.mean([(smiling == "0") + (young == "1") for smiling, young in bits]) / 2
    assert some.leaderboard[f"{NAME}:accuracy"].item() == pytest.approx(expected)
    for head, words in (("Yuong,Smilling", "it does not know Yuong, Smilling"), ("label", "the labels are classes")):
        rows = "".join(f"{name},{'1,0' if ',' in head else 'cat'}\n" for name in files)
        (photos / "labels.csv").write_text(f"image,{head}\n{rows}")
        none = srbench.run("nearest", **run)
        assert any(f"not used by {NAME}" in note and words in note for note in none.notes)
        assert f"{NAME}:agreement" in none.leaderboard


def test_a_classifier_among_strangers_is_said(labelled):
    text = (labelled / "labels.csv").read_text().splitlines()
    said = srbench.run("nearest", datasets=str(labelled), scale=2, classifiers=NAME, metrics="psnr")
    flipped = [
        record.key.image + "," + ",".join("0" if bit == "1" else "1" for bit in record.seen[NAME]["hr"])
        for record in said.items
    ]
    (labelled / "labels.csv").write_text("\n".join([text[0], *flipped]) + "\n")
    wrong = srbench.run("nearest", datasets=str(labelled), scale=2, classifiers=NAME, metrics="psnr")
    assert any("are these its images, and their labels?" in note for note in wrong.notes)


def test_a_classifier_that_cannot_be_built_leaves_no_folder(photos, tmp_path):
    (tmp_path / "w").write_bytes(b"\x80\x02no weights")
    run = {"datasets": str(photos), "metrics": "l1", "output": tmp_path / "run"}
    with pytest.raises(RequestError, match="classifier: w: cannot be read"):
        srbench.run("nearest", **run, classifiers="squeezenet1_1", classifier_weights={"squeezenet1_1": tmp_path / "w"})
    assert not (tmp_path / "run").exists()
    with pytest.raises(RequestError, match="expected a classifier.s name"):
        srbench.run("nearest", **run, classifiers=[print])


def test_images_made_elsewhere_can_be_some(labelled):
    some = srbench.score(
        labelled, name="hr", dataset=str(labelled), scale=2, metrics="l1", classifiers=NAME, limit=2
    ).leaderboard.iloc[0]
    assert (some["dataset"], some["images"], some[f"{NAME}:retained"]) == ("./photos[2]", 2, 1)


def test_labels_that_nobody_asks_for_may_be_anything(photos):
    (photos / "labels.csv").write_text("filename;class\na;b\n")
    assert srbench.run("nearest", datasets=str(photos), metrics="l1").failed == 0


def test_rows_held_against_other_labels_are_a_table_of_their_own(labelled, tmp_path):
    from srbench.leaderboard import collected, to_text
    from srbench.runs import open_runs

    run = {"datasets": str(labelled), "scale": 2, "classifiers": NAME, "metrics": "l1"}
    srbench.run("nearest", **run, output=tmp_path / "a")
    text = (labelled / "labels.csv").read_text()
    head, _, rest = text.partition("\n")
    (labelled / "labels.csv").write_text(head + "\n" + rest.replace(",1", ",2").replace(",0", ",1").replace(",2", ",0"))
    srbench.run("bilinear", **run, output=tmp_path / "b")
    board = collected(open_runs([tmp_path / "a", tmp_path / "b"]))
    table = board.table
    assert table["dataset_sha256"].nunique() == 1
    assert table[f"{NAME}:labels"].nunique() == 2
    assert to_text(board).count(f"{NAME} (") == 2


def test_only_the_image_at_fault_fails(photos, monkeypatch):
    real = ChosenClassifier.build

    class Choosy:
        def __init__(self, other):
            self.task, self.classes, self.other = other.task, other.classes, other

        def __call__(self, images):
            if images.shape[2] == 80:
                raise ValueError("too tall")
            return self.other(images)

    monkeypatch.setattr(ChosenClassifier, "build", lambda self, device: Choosy(real(self, device)))
    result = srbench.run("nearest", datasets=str(photos), scale=2, classifiers=NAME, metrics="l1")
    assert [record.key.image for record in result.items if record.status == "failed"] == ["three"]


def test_a_table_that_was_sorted_stays_sorted_in_every_part(labelled, tmp_path, cli):
    run = {"datasets": str(labelled), "scale": 2, "classifiers": NAME}
    result = srbench.run(["nearest", "bilinear", "bicubic"], **run, output=tmp_path / "run")
    column = f"{NAME}:balanced"
    wanted = list(result.leaderboard.sort_values(column, ascending=False, kind="stable")["method"])
    done = cli("leaderboard", tmp_path / "run", "--sort", column)
    found = [line.split()[0] for line in done.out.splitlines() if line.split()[:1] and line.split()[0] in wanted]
    assert found == [*wanted, *wanted]
    assert f"note: sorted by {column}" in done.err


def test_what_a_classifier_is_made_of_is_its_identity(tmp_path, monkeypatch):
    from srbench.classifiers.find import find_classifier

    def identity(spec, **files):
        return find_classifier(spec, installed_cards(), files).identity()

    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights").write_bytes(b"1")
    before = identity(f"transformers:{tmp_path / 'm'}")
    monkeypatch.chdir(tmp_path)
    assert identity("transformers:./m") == before  # one folder, two ways to write it
    (tmp_path / "m" / "weights").write_bytes(b"2")
    assert identity("transformers:./m") != before
    assert identity("timm:a") != identity("timm:b")
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(name.encode())
    own = [identity("squeezenet1_1", squeezenet1_1=tmp_path / name) for name in ("one", "two")]
    assert own[0] != own[1]
    assert identity(NAME, **{NAME: tmp_path / "one"}) != identity(NAME)
    shipped = identity(NAME)
    for name, value in (("numbers_code", "other code"), ("library_versions", {"torch": "1"})):
        with monkeypatch.context() as patch:
            patch.setattr(f"srbench.classifiers.find.{name}", lambda value=value: value)
            assert identity(NAME) != shipped


def test_batches_change_nothing(photos, monkeypatch):
    whole = srbench.run("bicubic", datasets=str(photos), scale=2, classifiers=NAME, metrics="l1")
    monkeypatch.setattr("srbench.engine.local._LOOKED_AT", 1)
    single = srbench.run("bicubic", datasets=str(photos), scale=2, classifiers=NAME, metrics="l1")
    for one, other in zip(whole.items, single.items, strict=True):
        assert one.seen[NAME]["sr"] == other.seen[NAME]["sr"]
        assert one.seen[NAME]["kl"] == pytest.approx(other.seen[NAME]["kl"], abs=1e-5)


def test_images_of_one_size_are_looked_at_together(photo, monkeypatch):
    viewer = viewing.LoadedClassifier(ChosenClassifier(installed_cards().classifier(NAME)), "cpu", PredictionCache())
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
    with pytest.raises(RequestError, match="needs a variant: write timm:X"):
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
    (tmp_path / "w").write_bytes(b"\x80\x02")
    with pytest.raises(RequestError, match="takes no weight file"):
        srbench.run(**run, classifiers="timm:x", classifier_weights={"timm:x": tmp_path / "w"})


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
    from srbench.leaderboard.columns.downstream import disagreements, downstream_columns

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
    from srbench.datasets import read_attributes

    labels = read_attributes(benchmark_data / "celeba" / "list_attr_celeba.txt")
    faces = [f"{number:06d}" for number in range(9001, 10_001)]
    images = np.stack([read_image(benchmark_data / "celeba" / "half" / f"{face}.jpg") for face in faces])
    classifier = ChosenClassifier(installed_cards().classifier(NAME)).build("cpu")
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
    from srbench.datasets.derive import square
    from srbench.protocols import imresize

    whole = np.stack([read_image(path) for path in sorted((benchmark_data / "celeba" / "img_align_celeba").iterdir())])
    half = np.stack([imresize(face, (109, 89)) for face in whole])
    squares = np.stack([square(face, 128) for face in whole])
    classifier = ChosenClassifier(installed_cards().classifier(NAME)).build("cpu")
    with torch.inference_mode():
        first, *others = (classifier(torch.from_numpy(faces).float() / 255) > 0 for faces in (half, whole, squares))
    agreement = [float((first == other).float().mean()) for other in others]
    assert agreement[0] > 0.97
    assert agreement[1] > 0.93


def test_grey_images_and_tensors_are_looked_at_too():
    viewer = viewing.LoadedClassifier(ChosenClassifier(installed_cards().classifier(NAME)), "cpu", PredictionCache())
    (found,) = viewer.look(
        [viewing.View(torch.zeros(1, 40, 32, dtype=torch.uint8), np.zeros((1, 40, 32), np.uint8), "k", {})]
    )
    assert found.sr == found.hr
    with pytest.raises(MethodError):
        viewer._call([np.zeros((2, 8, 8), np.uint8)])
