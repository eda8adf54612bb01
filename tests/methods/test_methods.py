"""Users' own functions, and images made elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

import srbench
from srbench.api import Inference, Job
from srbench.cards import installed_cards
from srbench.errors import MethodError, RequestError, UnknownNameError, WeightsError
from srbench.files import write_image
from srbench.methods import FinishedImages, find_method
from srbench.methods.sources.card import CardMethod


def enlarge(lr, scale):
    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)


MINE = """
def plain(lr):
    return lr.repeat_interleave(2, -2).repeat_interleave(2, -1)
def scaled(lr, scale):
    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)
def luma_only(lr, scale):
    assert lr.shape[1] == 1
    return scaled(lr, scale)
luma_only.colour = "y"
luma_only.scales = (2, 3)
def three(lr, scale, more):
    return lr
not_callable = 3
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    return f"{tmp_path}/mine.py"


def test_a_grey_result_for_an_rgb_image_fails(tmp_path, photo):
    """A luma plane would be taken for RGB and converted to luma a second time."""
    write_image(tmp_path / "sr" / "a.png", photo(16, 16)[:1])
    produce = FinishedImages("x", tmp_path / "sr", ("a",), 4).open(4, Inference())
    with pytest.raises(MethodError, match="is grey but HR is RGB"):
        produce([Job("a", photo(4, 4), (16, 16), 4, grey=False)])


@pytest.mark.parametrize("function", ["plain", "scaled", "luma_only"])
def test_functions_of_a_file_equal_nearest(mine, photos, function):
    result = srbench.run([f"{mine}:{function}", "nearest"], datasets=str(photos), scale=2, metrics="psnr")
    assert result.failed == 0
    table = result.leaderboard.set_index("method")
    # The luma-only one gets its chroma from bicubic; on Y alone both are nearest, but for rounding through RGB.
    assert table.loc[f"mine:{function}", "psnr"] == pytest.approx(table.loc["nearest", "psnr"], abs=0.02)


def test_a_luma_method_is_handed_the_luma_plane_under_srcnn_y(mine, photos):
    result = srbench.run(
        [f"{mine}:luma_only", "nearest"], datasets=str(photos), scale=2, protocol="srcnn-y", metrics="psnr"
    )
    assert result.leaderboard["psnr"].nunique() == 1


def test_scales_of_a_function_are_heeded(mine):
    method = find_method(f"{mine}:luma_only", installed_cards())
    assert method.scales == (2, 3)
    assert method.colour == "y"


def test_callables_in_python(photos):
    result = srbench.run([enlarge, "nearest"], datasets=str(photos), scale=3, metrics="psnr")
    assert set(result.leaderboard["method"]) == {"enlarge", "nearest"}
    assert result.leaderboard["psnr"].nunique() == 1
    assert find_method(lambda lr: lr, installed_cards()).name == "lambda"
    assert find_method(torch.nn.Identity().eval(), installed_cards()).name == "Identity"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{file}:plian", "has no function 'plian', did you mean plain"),
        ("{file}:not_callable", "has no function 'not_callable'"),
        ("{folder}/none.py:f", "no such file; write your own method as"),
        ("{folder}/broken.py:f", r"broken\.py: correct the file, its import raised ZeroDivisionError"),
    ],
)
def test_files_that_cannot_be_used(mine, tmp_path, spec, message):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    with pytest.raises(RequestError, match=message):
        find_method(spec.format(file=mine, folder=tmp_path), installed_cards())


@pytest.fixture
def two_folders(tmp_path):
    """Two files that each import a neighbour called `network`."""
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "network.py").write_text(f"VALUE = {value}\n")
        (tmp_path / folder / f"{folder}.py").write_text("import network\ndef f(lr):\n    return network.VALUE\n")
    return tmp_path


def test_each_file_finds_its_own_neighbours(two_folders):
    before = list(sys.path)
    methods = [find_method(f"{two_folders}/{name}/{name}.py:f", installed_cards()) for name in "ab"]
    assert [method.function(None) for method in methods] == [1, 2]
    assert sys.path == before
    assert "network" not in sys.modules


def test_a_neighbour_that_was_imported_before_counts_too(two_folders, monkeypatch):
    monkeypatch.syspath_prepend(two_folders / "a")
    import network

    before = find_method(f"{two_folders}/a/a.py:f", installed_cards()).identity(2)
    assert sys.modules.pop("network") is network
    assert "network.py" in before


def test_two_files_of_one_name_lie_in_different_places(two_folders):
    (two_folders / "b" / "a.py").write_text("def f(lr):\n    return lr\n")
    places = {find_method(f"{two_folders}/{folder}/a.py:f", installed_cards()).place for folder in "ab"}
    assert len(places) == 2


def test_a_changed_neighbour_or_listed_file_changes_the_identity(two_folders):
    def identity():
        return find_method(f"{two_folders}/a/a.py:f", installed_cards()).identity(2)

    seen = [identity(), identity()]
    (two_folders / "a" / "network.py").write_text("VALUE = 3\n")
    seen.append(identity())
    (two_folders / "a" / "weights.bin").write_bytes(b"1")
    with (two_folders / "a" / "a.py").open("a") as file:
        file.write("f.files = ['weights.bin']\n")
    seen.append(identity())
    (two_folders / "a" / "weights.bin").write_bytes(b"2")
    seen.append(identity())
    assert seen[0] == seen[1]
    assert len({str(item) for item in seen}) == 4
    (two_folders / "a" / "weights.bin").unlink()
    with pytest.raises(RequestError, match=r"lists weights\.bin, which does not exist"):
        identity()


def test_a_dataclass_in_a_users_file(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Options:\n    gain: float = 1.0\ndef f(lr):\n    return lr * Options().gain\n"
    )
    assert find_method(f"{tmp_path}/mine.py:f", installed_cards()).name == "mine:f"


@pytest.mark.parametrize(
    ("parameters", "argument"),
    [
        ("lr", "none"),
        ("lr, scale", "keyword"),
        ("lr, s", "position"),
        ("lr, window=8, scale=4", "keyword"),
        ("lr, *, scale", "keyword"),
        ("lr, *, scale=4", "keyword"),
        ("lr, window=8", "none"),
        ("*args, **kwargs", "none"),
        ("scale", "none"),
        ("lr, s, /", "position"),
    ],
)
def test_the_scale_goes_where_it_belongs(parameters, argument):
    function = eval(f"lambda {parameters}: None")  # noqa: S307  # our own words
    assert find_method(function, installed_cards()).scale_argument == argument


@pytest.mark.parametrize("parameters", ["lr, a, b", "lr, *, a", "lr, scale, b"])
def test_parameters_that_nobody_fills_are_refused(parameters):
    with pytest.raises(RequestError, match=r"expected \(lr\) or \(lr, scale\)"):
        find_method(eval(f"lambda {parameters}: None"), installed_cards())  # noqa: S307  # our own words


def test_a_network_is_given_the_scale_its_forward_takes(photos):
    class Repeat(torch.nn.Module):
        def forward(self, lr, scale):
            return enlarge(lr, scale)

    result = srbench.run([Repeat().eval(), "nearest"], datasets=str(photos), scale=2, metrics="psnr")
    assert result.failed == 0
    assert result.leaderboard["psnr"].nunique() == 1


def test_a_file_beside_an_environment_keeps_its_libraries(tmp_path):
    """As in the README: run from the file's own folder, which holds `.venv` too; torch is no neighbour."""
    (tmp_path / "mine.py").write_text(
        "import torch\ndef f(lr, scale):\n    return torch.nn.functional.interpolate(lr, scale_factor=scale)\n"
    )
    site = tmp_path / ".venv" / "lib" / "site-packages"
    site.mkdir(parents=True)
    (site / "installed_beside.py").write_text("VALUE = 1\n")
    (tmp_path / "other.py").write_text("import installed_beside\ndef f(lr):\n    return lr\n")
    command = [
        sys.executable,
        "-m",
        "srbench",
        "run",
        "--methods",
        "nearest,./mine.py:f,./other.py:f",
        "--scale",
        "2",
        "--metrics",
        "psnr",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(site)}
    )
    assert "mine:f" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    figures = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith(("nearest", "mine:f"))]
    assert len(figures) == 2
    assert figures[0] == figures[1]


def test_a_file_that_exits_is_an_error(tmp_path):
    (tmp_path / "mine.py").write_text("import sys\nsys.exit(0)\n")
    with pytest.raises(RequestError, match="its import raised SystemExit"):
        find_method(f"{tmp_path}/mine.py:f", installed_cards())


def test_a_function_of_three_arguments_is_refused(mine):
    with pytest.raises(RequestError, match=r"expected \(lr\) or \(lr, scale\)"):
        find_method(f"{mine}:three", installed_cards())


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("colour", "bgr", "colour is 'bgr'"),
        ("scales", "two", "scales is 'two'"),
        ("scales", (2.5,), "scales is"),
        ("training", True, r"call \.eval\(\) on it first"),
    ],
)
def test_wrong_attributes_are_refused(attribute, value, message):
    def odd(lr):
        return lr

    setattr(odd, attribute, value)
    with pytest.raises(RequestError, match=message):
        find_method(odd, installed_cards())


def test_one_scale_may_be_a_number():
    def only(lr):
        return lr

    only.scales = 4
    assert find_method(only, installed_cards()).scales == (4,)


def test_the_same_file_has_the_same_identity_and_a_callable_never(mine):
    first, second = (find_method(f"{mine}:plain", installed_cards()).identity(2) for _ in range(2))
    assert first == second
    assert find_method(enlarge, installed_cards()).identity(2) != find_method(enlarge, installed_cards()).identity(2)


def test_altered_and_absent_weights_are_refused(tmp_path):
    entry = installed_cards().method("edsr")
    moved = type(entry)(entry.card, entry.pack, tmp_path / "card.toml")
    with pytest.raises(WeightsError, match="no such weight file"):
        CardMethod(moved).open(4, Inference())
    (tmp_path / "x4.safetensors").write_bytes(b"altered")
    with pytest.raises(WeightsError, match="sha256 differs from its card's"):
        CardMethod(moved).open(4, Inference())


def test_unknown_weights_name_what_there_is():
    with pytest.raises(UnknownNameError, match="bicubic takes no weights"):
        find_method("bicubic@x", installed_cards())


@pytest.fixture
def upscaled(tmp_path, photo):
    def write(*names):
        folder = tmp_path / "sr"
        folder.mkdir()
        for name in names:
            write_image(folder / name, photo(16, 16))
        return folder

    return write


@pytest.mark.parametrize(
    "name",
    ["baby.png", "babyx4.png", "babyX4.png", "baby_x4.png", "baby_RCAN_x4.png", "baby-x4-SwinIR.png", "baby_SR.png"],
)
def test_usual_names_are_matched(upscaled, name):
    method = FinishedImages("x", upscaled(name), ("baby",), 4)
    assert set(method.identity(4)) == {"baby"}


def test_the_longest_id_owns_a_file(upscaled):
    folder = upscaled("img_1_x4.png", "img_1_b_x4.png")
    method = FinishedImages("x", folder, ("img_1", "img_1_b"), 4)
    assert set(method.identity(4)) == {"img_1", "img_1_b"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("babyx4.png",), r"no image for bird \(1 of 2 missing\)"),
        (("babyx4.png", "baby_x4.png", "bird.png"), "match the same image 'baby'; keep one"),
        (("babyx3.png", "bird.png"), "no image for baby"),
        (("babylon.png", "bird.png"), "no image for baby"),
    ],
)
def test_missing_and_ambiguous_images_are_errors(upscaled, files, message):
    with pytest.raises(RequestError, match=message):
        FinishedImages("x", upscaled(*files), ("baby", "bird"), 4)


def test_an_image_of_the_wrong_size_fails(upscaled, photo):
    method = FinishedImages("x", upscaled("baby.png"), ("baby",), 4)
    job = Job("baby", photo(5, 4), (20, 16), 4, grey=False)
    with pytest.raises(MethodError, match=r"baby\.png is 16×16, expected 16×20"):
        method.open(4, Inference())([job])


def test_a_grey_image_saved_as_rgb_is_taken_for_grey(tmp_path, photo):
    (tmp_path / "sr").mkdir()
    write_image(tmp_path / "sr" / "a.png", np.repeat(photo(16, 16)[:1], 3, axis=0))
    produce = FinishedImages("x", tmp_path / "sr", ("a",), 4).open(4, Inference())
    assert produce([Job("a", photo(4, 4)[:1], (16, 16), 4, grey=True)])[0].image.shape == (1, 16, 16)
    assert produce([Job("a", photo(4, 4), (16, 16), 4, grey=False)])[0].image.shape == (3, 16, 16)
