"""Training: recipes are strict, patches pair up and repeat, and a resumed run equals an unbroken one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

import srbench_models
from srbench.cards import installed_cards
from srbench.errors import DatasetError, OutputError, RequestError
from srbench.files import read_image, write_image
from srbench.protocols import imresize, luma
from srbench_datasets import bundled
from srbench_models.classifiers.attributes.recipe import is_attribute_recipe
from srbench_models.training.benchmarks import benchmark_hashes
from srbench_models.training.patches import PatchBatches, load_training_images
from srbench_models.training.recipe import read_recipe

RECIPE = """
[recipe]
name = "tiny"
network = "srbench_models.edsr.network:EDSR"
seed = 7
[network]
scale = 2
blocks = 1
features = 4
[data]
folders = ["a", "b"]
hold_out_every = 3
patch = 12
batch = 2
[loss]
l1 = 1.0
[schedule]
steps = 6
warmup_steps = 2
learning_rate = 1e-3
ema_decay = 0.5
checkpoint_every = 2
validate_every = 2
precision = "32-true"
"""


@pytest.fixture
def recipe_file(tmp_path):
    path = tmp_path / "tiny.recipe.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def images(tmp_path, photo):
    """Two folders of three; in each the third is held out; b/0 is smaller than a patch."""
    for folder in "ab":
        for index in range(3):
            side = 20 if (folder, index) == ("b", 0) else 40
            write_image(tmp_path / "data" / folder / f"{index}.png", photo(side, side, top=30 * index))
    return tmp_path / "data"


def _is_there_or_made(weights):
    """Weights to start from are shipped, or another recipe makes them."""
    return weights.is_file() or weights.with_suffix(".recipe.toml").is_file()


RECIPES = sorted(Path(srbench_models.__file__).parent.rglob("*.recipe.toml"))


@pytest.mark.parametrize("path", [path for path in RECIPES if not is_attribute_recipe(path)], ids=lambda p: p.name)
def test_shipped_recipes_are_valid_and_their_networks_exist(path):
    recipe = read_recipe(path)
    assert recipe.build_network() is not None
    assert recipe.recipe.start_from is None or _is_there_or_made(path.parent / recipe.recipe.start_from)
    assert not {name.lower() for name in recipe.data.folders} & {"set5", "set14", "b100", "urban100", "div2k_valid_hr"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("batch = 2", "batch = 0"), "data.batch: Input should be greater than 0"),
        (("batch = 2", "batch = 2\nworkers = 4"), "data.workers: Extra inputs"),
        (("l1 = 1.0", "l7 = 1.0"), "loss.l7: Extra inputs"),
        (("l1 = 1.0", "l1 = 0"), "no loss has a weight"),
        (("l1 = 1.0", "perceptual = 1.0"), "perceptual and texture losses need `features`"),
        (("l1 = 1.0", "adversarial = 1.0"), r"needs an \[adversary\]"),
        (("scale = 2\n", ""), "lacks `scale`"),
        (("steps = 6", "steps = 5"), "must be a multiple of validate_every"),
        (('"a", "b"', '"Set5/HR"'), "Set5/HR is a benchmark, which nothing may be trained on"),
        (("[recipe]", "[recipe"), "not a TOML file"),
    ],
)
def test_recipes_are_strict(recipe_file, change, message):
    recipe_file.write_text(RECIPE.replace(*change))
    with pytest.raises(RequestError, match=message):
        read_recipe(recipe_file)


def test_images_are_split_counted_and_identified(recipe_file, images):
    options = read_recipe(recipe_file).data
    found = load_training_images(images, options, 2)
    assert (len(found.train), len(found.held_out), found.too_small) == (3, 2, ("b/0.png",))
    assert all(np.array_equal(pair.lr, imresize(pair.hr, (20, 20))) for pair in found.train)
    write_image(images / "a" / "0.png", np.zeros((3, 40, 40), np.uint8))
    assert load_training_images(images, options, 2).sha256 != found.sha256


def test_luma_is_not_rounded(recipe_file, images):
    recipe_file.write_text(RECIPE.replace('"a", "b"]', '"a", "b"]\nplanes = "y"'))
    options = read_recipe(recipe_file).data
    rgb = load_training_images(images, options.model_copy(update={"planes": "rgb"}), 2).train[0]
    pair = load_training_images(images, options, 2).train[0]
    assert (pair.hr.dtype, pair.hr.shape, pair.lr.shape) == (np.float32, (1, 40, 40), (1, 20, 20))
    assert np.allclose(pair.lr, luma(rgb.lr), atol=1e-4)
    lr, hr = next(iter(PatchBatches((pair,), options, 2, steps=1, seed=0)))
    assert (lr.shape, hr.shape) == ((2, 1, 12, 12), (2, 1, 24, 24))


def test_the_benchmarks_are_those_of_the_cards():
    listed = {
        digest: f"{name}/{image}"
        for name, entry in installed_cards().datasets.items()
        for image, digest in entry.card.pixels.items()
    }
    assert benchmark_hashes() == listed
    assert len(listed) >= 23


@pytest.mark.parametrize("name", ["0.png", "holiday.bmp"])
def test_no_recipe_can_read_a_benchmark_image(recipe_file, images, name):
    """Whatever it is called and however it is stored: the pixels tell."""
    source = next(sample.hr for sample in bundled.read(Path()).samples if sample.id == "coffee")
    Image.fromarray(read_image(source).transpose(1, 2, 0)).save(images / "a" / name)
    with pytest.raises(DatasetError, match="is bundled/coffee, a benchmark image; nothing may be trained on it"):
        load_training_images(images, read_recipe(recipe_file).data, 2)


@pytest.mark.parametrize("folder", ["Urban100", "b100"])
def test_no_recipe_can_read_a_benchmarks_folder(recipe_file, images, folder, tmp_path):
    """By whatever path: the name may stand in --data, or behind a link."""
    images.rename(tmp_path / folder)
    (tmp_path / "innocent").symlink_to(tmp_path / folder)
    with pytest.raises(DatasetError, match="is a benchmark by its name; nothing may be trained on it"):
        load_training_images(tmp_path / "innocent", read_recipe(recipe_file).data, 2)


def test_another_scale_is_another_training(recipe_file):
    same, other = read_recipe(recipe_file, 2), read_recipe(recipe_file, 3)
    assert same == read_recipe(recipe_file)
    assert (other.scale, other.recipe.name) == (3, "tiny-at-x3")
    assert other.build_network()(torch.rand(1, 3, 4, 4)).shape == (1, 3, 12, 12)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("srbench_models.edsr.network:EDRS", "cannot load srbench_models.edsr.network:EDRS"),
        ("srbench_models.nothing:EDSR", "No module named"),
    ],
)
def test_networks_that_are_not_there(recipe_file, network, message):
    recipe_file.write_text(RECIPE.replace("srbench_models.edsr.network:EDSR", network))
    with pytest.raises(RequestError, match=message):
        read_recipe(recipe_file).build_network()


def test_without_data_the_usual_place_is_named(recipe_file, cli, tmp_path, monkeypatch):
    pytest.importorskip("lightning", reason="training needs the `train` extra")
    monkeypatch.setenv("SRBENCH_DATA", str(tmp_path / "home"))
    done = cli("train", recipe_file, "--device", "cpu")
    assert done.code == 2
    assert f"{tmp_path}/home/train/a: no such folder; --data names" in done.err


def test_logs_of_several_starts_are_one_curve(tmp_path):
    from srbench_models.training.plot import plot_losses, read_log

    first, second = (tmp_path / f"version_{number}" / "metrics.csv" for number in (9, 10))
    for path, text in (
        (first, "epoch,l1,step,val_psnr\n0,9.0,1,\n0,,1,20.0\n1,8.0,3,\n"),
        (second, "epoch,l1,step,val_psnr\n1,7.0,3,\n1,,3,21.0\n"),
    ):
        path.parent.mkdir()
        path.write_text(text)
    log = read_log(tmp_path)
    assert log["step"].tolist() == [1, 3]
    assert log["l1"].tolist() == [9.0, 7.0]
    assert log["val_psnr"].tolist() == [20.0, 21.0]
    plot_losses(tmp_path, tmp_path / "loss.png", "test")
    assert read_image(tmp_path / "loss.png").shape[0] == 3


def test_absent_and_empty_folders_are_errors(recipe_file, images):
    options = read_recipe(recipe_file).data
    with pytest.raises(DatasetError, match="no such folder; --data names"):
        load_training_images(images / "nowhere", options, 2)
    (images / "a" / "2.png").unlink()
    (images / "b" / "2.png").unlink()
    with pytest.raises(DatasetError, match="3 images to train on and 0 to validate on"):
        load_training_images(images, options, 2)
    for path in (images / "b").iterdir():
        path.unlink()
    with pytest.raises(DatasetError, match="holds no images"):
        load_training_images(images, options, 2)


def test_patches_pair_up_and_repeat(recipe_file, images):
    options = read_recipe(recipe_file).data
    pairs = load_training_images(images, options, 2).train
    epoch = list(PatchBatches(pairs, options, 2, steps=4, seed=1))
    again = list(PatchBatches(pairs, options, 2, steps=4, seed=1))
    other = list(PatchBatches(pairs, options, 2, steps=4, seed=2))
    for (lr, hr), (lr2, hr2) in zip(epoch, again, strict=True):
        assert torch.equal(lr, lr2)
        assert torch.equal(hr, hr2)
        assert lr.shape == (2, 3, 12, 12)
        # The same place: a box mean of the HR patch is nearly the LR patch, whichever way both were turned.
        mean = hr.double().reshape(2, 3, 12, 2, 12, 2).mean((3, 5))
        assert (mean - lr).abs().mean() < 6
    assert not torch.equal(epoch[0][0], other[0][0])


def train(recipe_file, images, output, *, resume=False, until=None, monkeypatch=None, features=None):
    pytest.importorskip("lightning", reason="training needs the `train` extra")
    from srbench_models.training import loop

    job = loop.TrainingJob(read_recipe(recipe_file), images, output, "cpu", resume, recipe_file, features)
    if until is None:
        return loop.run_training(job)
    real = loop._trainer

    def stopped(job, checkpoints):
        trainer = real(job, checkpoints)
        trainer.fit_loop.max_epochs = until
        return trainer

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_trainer", stopped)
        return loop.run_training(job)


def checkpoint(folder, kind="current_model_state"):
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=False)[kind]


def tensors(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118  # not a dict


@pytest.mark.filterwarnings("ignore")
def test_training_learns_resumes_and_exports(recipe_file, images, tmp_path, monkeypatch):
    whole, metadata = tensors(train(recipe_file, images, tmp_path / "whole"))
    train(recipe_file, images, tmp_path / "cut", until=2, monkeypatch=monkeypatch)
    with pytest.raises(OutputError, match="add --resume"):
        train(recipe_file, images, tmp_path / "cut")
    resumed, _ = tensors(train(recipe_file, images, tmp_path / "cut", resume=True))
    assert (tmp_path / "cut" / "log" / "version_1" / "metrics.csv").exists()
    recipe_file.write_text(RECIPE.replace("steps = 6", "steps = 8"))
    with pytest.raises(OutputError, match="was begun with another recipe"):
        train(recipe_file, images, tmp_path / "cut", resume=True)
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    assert metadata["steps"] == "6"
    assert metadata["training_images"] == "3"
    assert abs(float(metadata["half_precision_change_db"])) < 0.002
    assert float(metadata["held_out_psnr"]) > 5
    assert json.loads(metadata["recipe"])["schedule"]["steps"] == 6
    assert whole["head.0.weight"].dtype == torch.float16
    torch.manual_seed(0)
    fresh = read_recipe(recipe_file).build_network().state_dict()
    assert not torch.equal(whole["head.0.weight"].float(), fresh["head.0.weight"])
    assert (tmp_path / "whole" / "log" / "version_0" / "metrics.csv").read_text().count("\n") >= 3


@pytest.mark.filterwarnings("ignore")
def test_what_is_exported_is_the_average(recipe_file, images, tmp_path):
    """Of the weights of all steps, by hand, and again where a finished training is resumed."""
    from srbench_models.training.module import RestorationModule

    seen = []
    real = RestorationModule.on_train_batch_end

    def spy(self, outputs, batch, batch_idx):
        seen.append(self.network.head[0].weight.detach().clone())
        real(self, outputs, batch, batch_idx)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RestorationModule, "on_train_batch_end", spy)
        exported = train(recipe_file, images, tmp_path / "out")
    whole, metadata = tensors(exported)
    average = seen[0]
    for weight in seen[1:]:
        average = 0.5 * average + 0.5 * weight
    assert torch.allclose(whole["head.0.weight"].float(), average, atol=1e-3)
    assert not torch.allclose(seen[-1], average, atol=2e-4)
    exported.unlink()
    again, same = tensors(train(recipe_file, images, tmp_path / "out", resume=True))
    assert same == metadata
    assert all(torch.equal(again[name], whole[name]) for name in whole)


@pytest.mark.filterwarnings("ignore")
def test_other_images_are_another_training(recipe_file, images, tmp_path, photo):
    train(recipe_file, images, tmp_path / "out")
    write_image(images / "a" / "0.png", photo(40, 40, top=200))
    with pytest.raises(OutputError, match="was begun with another recipe, other images"):
        train(recipe_file, images, tmp_path / "out", resume=True)


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ("", ["--device", "cuda"], "torch finds no GPU; choose auto or cpu"),
        ("", ["--scale", "1"], "greater than or equal to 2"),
        ('start_from = "x4.safetensors"', [], "x4.safetensors: the weights to start from are not there"),
        ('start_from = "tiny.safetensors"', [], "train tiny.recipe.toml first, and copy its weights there"),
        ('begin = "a:b"', [], "`begin` needs `start_from`"),
        (
            'start_from = "w.safetensors"\nbegin = "srbench_models.srgan.grow:gorw"',
            [],
            "cannot load srbench_models.srgan",
        ),
    ],
)
def test_what_cannot_be_trained_is_one_line(recipe_file, images, cli, tmp_path, change, arguments, message):
    pytest.importorskip("lightning", reason="training needs the `train` extra")
    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    save_file({"w": torch.zeros(1)}, tmp_path / "w.safetensors")
    recipe_file.write_text(RECIPE.replace("seed = 7", f"seed = 7\n{change}"))
    done = cli("train", recipe_file, "--data", images, "--output", tmp_path / "out", *arguments)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore")
def test_ctrl_c_says_how_to_go_on(recipe_file, images, tmp_path, cli, monkeypatch):
    pytest.importorskip("lightning", reason="training needs the `train` extra")
    from srbench_models.training.module import RestorationModule

    real = RestorationModule.training_step

    def step(self, batch):
        if self.global_step == 3:
            raise KeyboardInterrupt
        return real(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(RestorationModule, "training_step", step)
        stopped = cli("train", recipe_file, "--data", images, "--output", tmp_path / "out", "--device", "cpu")
    assert stopped.code == 130
    assert "add --resume to go on" in stopped.err
    done = cli("train", recipe_file, "--data", images, "--output", tmp_path / "out", "--device", "cpu", "--resume")
    assert done.code == 0
    whole, _ = tensors(train(recipe_file, images, tmp_path / "whole"))
    resumed, _ = tensors(tmp_path / "out" / "tiny.safetensors")
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


@pytest.mark.filterwarnings("ignore")
def test_training_starts_from_the_weights_a_recipe_names(recipe_file, images, tmp_path, cli):
    """Through the command line; with a rate of nearly nothing the weights stay what they were."""
    pytest.importorskip("lightning", reason="training needs the `train` extra")
    start = read_recipe(recipe_file).build_network()
    save_file(start.state_dict(), tmp_path / "start.safetensors")
    recipe_file.write_text(
        RECIPE.replace("seed = 7", 'seed = 7\nstart_from = "start.safetensors"').replace("1e-3", "1e-12")
    )
    done = cli("train", recipe_file, "--data", images, "--output", tmp_path / "out", "--device", "cpu")
    assert done.code == 0
    assert "started from start.safetensors; fresh: nothing" in done.out
    trained, _ = tensors(tmp_path / "out" / "tiny.safetensors")
    assert all(
        torch.allclose(value.float(), start.state_dict()[name], atol=1e-3, rtol=1e-3) for name, value in trained.items()
    )


@pytest.mark.filterwarnings("ignore")
def test_nothing_to_resume(recipe_file, images, tmp_path):
    with pytest.raises(OutputError, match="no checkpoint to resume from"):
        train(recipe_file, images, tmp_path / "none", resume=True)


@pytest.mark.filterwarnings("ignore")
def test_weights_stay_whole_where_halves_would_cost(recipe_file, images, tmp_path, monkeypatch):
    pytest.importorskip("lightning", reason="training needs the `train` extra")
    from srbench_models.training import export

    monkeypatch.setattr(export, "_HALF_PRECISION_COST", 0.0)
    whole, metadata = tensors(train(recipe_file, images, tmp_path / "whole"))
    assert whole["head.0.weight"].dtype == torch.float32
    assert metadata["half_precision_change_db"]


ADVERSARIAL = RECIPE.replace(
    "l1 = 1.0\n",
    """l1 = 1.0
perceptual = 1.0
texture = 1.0
adversarial = 0.1
features = "squeezenet1_1"
[adversary]
channels = [4, 8]
batch_norm = true
learning_rate = 1e-3
""",
)


@pytest.fixture
def classifier(tmp_path):
    """SqueezeNet with random weights, under the names of the real file."""
    from srbench_models.squeezenet import SqueezeNet

    torch.manual_seed(0)
    save_file(SqueezeNet().state_dict(), tmp_path / "squeezenet.safetensors")
    return tmp_path / "squeezenet.safetensors"


@pytest.mark.filterwarnings("ignore")
def test_adversarial_training_moves_both_sides_and_resumes(recipe_file, images, classifier, tmp_path, monkeypatch):
    recipe_file.write_text(ADVERSARIAL)
    whole, metadata = tensors(train(recipe_file, images, tmp_path / "whole", features=classifier))
    from srbench_models.training.module import build_module

    trained, fresh = checkpoint(tmp_path / "whole"), build_module(read_recipe(recipe_file), None, None).state_dict()
    for side in ("network.head.0.weight", "discriminator.features.0.weight"):
        assert not torch.allclose(trained[side], fresh[side], atol=1e-3), side
    train(recipe_file, images, tmp_path / "cut", until=2, monkeypatch=monkeypatch, features=classifier)
    resumed, _ = tensors(train(recipe_file, images, tmp_path / "cut", resume=True, features=classifier))
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    assert metadata["steps"] == "6"
    assert not any("discriminator" in name or "squeeze" in name for name in whole)
    log = (tmp_path / "whole" / "log" / "version_0" / "metrics.csv").read_text()
    assert {"l1", "perceptual", "texture", "adversarial", "discriminator"} <= set(log.splitlines()[0].split(","))
    assert (tmp_path / "whole" / "loss.png").stat().st_size > 1000


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("freeze", [True, False])
def test_statistics_are_held_where_a_recipe_says_so(recipe_file, images, tmp_path, freeze):
    recipe = (
        RECIPE.replace("edsr.network:EDSR", "srgan.network:SRResNet") + f"freeze_statistics = {str(freeze).lower()}\n"
    )
    recipe_file.write_text(recipe)
    train(recipe_file, images, tmp_path / "out")
    state = checkpoint(tmp_path / "out")
    moved = [not torch.equal(state[name], torch.zeros_like(state[name])) for name in state if "running_mean" in name]
    assert moved == [not freeze] * len(moved)
    assert len(moved) == 3
    assert not torch.equal(state["network.body.0.body.1.weight"], torch.ones(4))


def test_a_recipe_with_a_classifier_says_what_it_lacks(recipe_file, images, tmp_path):
    recipe_file.write_text(ADVERSARIAL)
    with pytest.raises(RequestError, match="give its safetensors file: --features"):
        train(recipe_file, images, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    recipe_file.write_text(ADVERSARIAL.replace("squeezenet1_1", "vgg19"))
    with pytest.raises(RequestError, match="vgg19, which needs torchvision"):
        train(recipe_file, images, tmp_path / "out")
