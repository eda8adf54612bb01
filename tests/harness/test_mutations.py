"""A changed thing changes the number: whatever a method depends on is changed between two runs of one folder."""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import srbench
from srbench.cards import Registry, installed_cards
from srbench.cards.packs import Pack
from srbench.engine import run_plan
from srbench.files import read_image, write_image
from srbench.harness import run as harness_run
from srbench.harness.execute import execute
from srbench.harness.options import RunOptions, completed, resolve
from srbench.runs import make_plan

ENLARGE = "lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)"

# Source of mine.py, the file to change, and its two contents. `gain` decides the result.
KINDS = {
    "the file itself": ("gain = 1.0\ndef f(lr, scale): return {enlarge} * gain\n", "mine.py", None, None),
    "weights opened at import": (
        "import pathlib\ngain = float((pathlib.Path(__file__).parent / ''.join(['w', '1'])).read_text())\n"
        "def f(lr, scale): return {enlarge} * gain\n",
        "w1",
        "1.0",
        "0.9",
    ),
    "weights opened at the first call": (
        "import pathlib\ndef f(lr, scale):\n"
        "    return {enlarge} * float(pathlib.Path(__file__).with_name('w'  '2').read_text())\n",
        "w2",
        "1.0",
        "0.9",
    ),
    "weights opened in a subfolder by another name": (
        "import glob, os\ndef f(lr, scale):\n"
        "    with open(glob.glob(os.path.dirname(__file__) + '/deep/*')[0]) as file:\n"
        "        return {enlarge} * float(file.read())\n",
        "deep/weights",
        "1.0",
        "0.9",
    ),
    "a module imported at the first call": (
        "def f(lr, scale):\n    import late\n    return {enlarge} * late.gain\n",
        "late.py",
        "gain = 1.0\n",
        "gain = 0.9\n",
    ),
    "a module of a sister folder": (
        "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(__file__)), 'sister'))\n"
        "import aunt\ndef f(lr, scale): return {enlarge} * aunt.gain\n",
        "../sister/aunt.py",
        "gain = 1.0\n",
        "gain = 0.9\n",
    ),
    "a file that only its name shows": (
        "import numpy as np\nNAME = 'named.npy'\ndef f(lr, scale): return {enlarge}\n",
        "named.npy",
        "1",
        "2",
    ),
    "a declared file": ("def f(lr, scale): return {enlarge}\nf.files = ['listed']\n", "listed", "1", "2"),
}


@pytest.fixture
def user(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


def forget(folder):
    """As a new process would."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(folder.parent)):
            del sys.modules[name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_file_of_a_users_method_is_noticed(user, photos, tmp_path, kind):
    source, name, before, after = KINDS[kind]
    (user / "mine.py").write_text(source.format(enlarge=ENLARGE))
    changed = user / name
    changed.parent.mkdir(exist_ok=True)
    if before is not None:
        changed.write_text(before)

    def reused():
        forget(user)
        result = srbench.run(f"{user}/mine.py:f", datasets=str(photos), output=tmp_path / "run", metrics="psnr")
        assert result.failed == 0, result.notes
        return result.reused

    assert (reused(), reused()) == (0, 3)
    changed.write_text(after or changed.read_text().replace("1.0", "0.9"))
    assert (reused(), reused(), reused()) == (0, 3, 3)
    if before is not None:
        changed.write_text(before)  # its old records were replaced
        assert reused() == 0


CONFIG = "float((pathlib.Path(__file__).parent / ('con' 'fig')).read_text())"

MEMORIES = {
    "read in a call that fails": (
        f"import pathlib, functools\nCALLS = []\n@functools.cache\ndef gain(): return {CONFIG}\n"
        "def f(lr, scale):\n    value = gain()\n    CALLS.append(1)\n"
        "    if len(CALLS) == 1: raise ValueError\n    return {enlarge} * value\n",
        [2],
    ),
    "read at the first scale, remembered at the second": (
        f"import pathlib, functools\n@functools.cache\ndef gain(): return {CONFIG}\n"
        "def f(lr, scale): return {enlarge} * gain()\n",
        [2, 4],
    ),
    "mapped into memory": (
        "import numpy as np, pathlib\n"
        "def f(lr, scale):\n    mapped = np.memmap(pathlib.Path(__file__).with_name('con' 'fig'), 'u1')\n"
        "    return {enlarge} * float(mapped[0] - 47)\n",
        [2],
    ),
}


@pytest.mark.parametrize("memory", MEMORIES)
def test_a_file_that_is_read_once_and_remembered_counts_for_all_that_may_need_it(user, photos, tmp_path, memory):
    source, scales = MEMORIES[memory]
    (user / "mine.py").write_text(source.format(enlarge=ENLARGE))
    (user / "config").write_text("1.0")

    def reused():
        forget(user)
        return srbench.run(f"{user}/mine.py:f", datasets=str(photos), scale=scales, output=tmp_path / "run").reused

    assert reused() == 0
    before = reused()
    assert before >= 2
    (user / "config").write_text("0.5")
    assert reused() == 0


def test_a_file_of_its_own_that_a_method_reads_again_recomputes_nothing(user, photos, tmp_path):
    (user / "mine.py").write_text(
        "import pathlib, tempfile\nFOLDER = tempfile.mkdtemp()\nOWN = pathlib.Path(FOLDER) / 'own'\n"
        f"def f(lr, scale):\n    if not OWN.exists(): OWN.write_text('1')\n    OWN.read_text()\n    return {ENLARGE}\n"
    )

    def reused():
        forget(user)
        return srbench.run(f"{user}/mine.py:f", datasets=str(photos), output=tmp_path / "run", metrics="psnr").reused

    assert (reused(), reused(), reused()) == (0, 3, 3)


def test_a_variable_and_a_library_are_noticed(user, photos, tmp_path, monkeypatch):
    (user / "mine.py").write_text(
        f"import os, safetensors\ndef f(lr, scale): return {ENLARGE} * float(os.environ.get('GAIN', 1))\n"
    )

    def reused():
        return srbench.run(f"{user}/mine.py:f", datasets=str(photos), output=tmp_path / "run", metrics="psnr").reused

    assert (reused(), reused()) == (0, 3)
    monkeypatch.setenv("GAIN", "0.9")
    assert (reused(), reused()) == (0, 3)
    monkeypatch.setattr("srbench.files.identity.closure.installed_version", lambda _: "99")
    assert reused() == 0


def test_what_cannot_be_known_is_said(user, photos):
    body = f"return {ENLARGE} * len(os.environ[NAME])"
    (user / "mine.py").write_text(f"import os\nNAME = 'GA' 'IN'\ndef f(lr, scale): {body}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAIN", "1")
        notes = srbench.run(f"{user}/mine.py:f", datasets=str(photos), metrics="psnr").notes
    assert any("mine:f: reads environment variables by names that its source does not show" in note for note in notes)


PACK = """
import ctypes, json, pathlib
import numpy as np
HERE = pathlib.Path(__file__).parent
def create(request):
    gain = json.loads(HERE.joinpath("da" "ta.json").read_text())["gain"]
    bias = float(np.load(HERE / ("arr" "ays.npz"))["bias"])
    try:
        ctypes.CDLL(str(HERE / ("lib" "rary.so")))
    except OSError:
        pass
    def upscale(lr):
        return lr.repeat_interleave(request.scale, -2).repeat_interleave(request.scale, -1) * gain + bias
    return upscale
"""
CARD = """
[method]
name = "packed"
title = "Packed"
summary = "from a pack with data files"
factory = "packed_pack.network:create"
scales = "any"
colour = "any"
licence = "MIT"
source = "none"
"""


@pytest.fixture
def pack(tmp_path, monkeypatch):
    folder = tmp_path / "site" / "packed_pack"
    (folder / "training").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "network.py").write_text(PACK)
    (folder / "training" / "plot.py").write_text("TITLE = 'Losess'\n")
    (folder / "card.toml").write_text(CARD)
    (folder / "data.json").write_text(json.dumps({"gain": 1.0}))
    np.savez(folder / "arrays.npz", bias=0.0)
    (folder / "library.so").write_bytes(b"not a library")
    monkeypatch.syspath_prepend(str(folder.parent))
    registry = Registry([*installed_cards().packs, Pack("packed", "packed 1.0", folder)])
    monkeypatch.setattr(harness_run, "installed_cards", lambda: registry)
    yield folder
    forget(folder)


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("data.json", json.dumps({"gain": 0.9}), 0),
        ("arrays.npz", None, 0),
        ("library.so", "another", 0),
        ("network.py", PACK.replace("* gain", "* gain * 1.0"), 0),
        ("__init__.py", "# changed", 0),
        ("training/plot.py", "TITLE = 'Losses'\n", 3),
        ("README.md", "words", 3),
    ],
)
def test_a_changed_file_of_a_pack_is_noticed_if_a_method_may_need_it(pack, photos, tmp_path, name, content, kept):
    from srbench.files.identity import closure

    def reused():
        forget(pack)
        closure._module_closure.cache_clear()
        result = srbench.run("packed", datasets=str(photos), output=tmp_path / "run", metrics="psnr")
        assert result.failed == 0, result.notes
        return result.reused

    assert (reused(), reused()) == (0, 3)
    if content is None:
        np.savez(pack / name, bias=0.01)
    else:
        (pack / name).write_text(content)
    assert (reused(), reused()) == (kept, 3)
    assert isinstance(ctypes.CDLL, type)


@pytest.mark.parametrize("lr", ["made", "given"])
def test_an_image_that_changes_during_a_run_and_is_put_back_fails(photos, tmp_path, lr):
    for name in ("one", "two", "three") if lr == "given" else ():
        image = read_image(photos / f"{name}.png")
        write_image(photos / "LR_bicubic" / "X2" / f"{name}x2.png", image[:, ::2, ::2])
    chosen = completed(
        {"datasets": str(photos), "scale": 2, "lr": lr, "output": str(tmp_path / "run"), "metrics": "psnr"}, RunOptions
    )
    victim = photos / "LR_bicubic" / "X2" / "twox2.png" if lr == "given" else photos / "two.png"
    pixels = victim.read_bytes()

    def meddling(*arguments, **options):
        write_image(victim, 255 - read_image(victim))
        try:
            return run_plan(*arguments, **options)
        finally:
            victim.write_bytes(pixels)

    result = execute(make_plan(resolve("nearest", chosen, installed_cards())), chosen, meddling)
    assert result.failed == 1
    assert any("the file was changed during the run; run the same command again" in note for note in result.notes)
    again = execute(make_plan(resolve("nearest", chosen, installed_cards())), chosen)
    assert (again.failed, again.reused) == (0, 2)


def test_finished_images_that_change_during_a_run_fail(photos, tmp_path, monkeypatch):
    from srbench.methods import FinishedImages

    real = FinishedImages.identity

    def changed_afterwards(self, scale):
        found = dict(real(self, scale))
        write_image(tmp_path / "done" / "one.png", 255 - read_image(tmp_path / "done" / "one.png"))
        return found

    (tmp_path / "done").mkdir()
    for path in photos.glob("*.png"):
        write_image(tmp_path / "done" / path.name, read_image(path))
    monkeypatch.setattr(FinishedImages, "identity", changed_afterwards)
    result = srbench.score(tmp_path / "done", name="mine", dataset=str(photos), scale=2, metrics="l1")
    assert result.failed == 1


SWITCHES = {
    "matmul precision": lambda: torch.set_float32_matmul_precision("medium"),
    "TF32 of matrices": lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
    "TF32 of cuDNN": lambda: setattr(torch.backends.cudnn, "allow_tf32", True),
    "bf16 of mkldnn": lambda: setattr(torch.backends.mkldnn.conv, "fp32_precision", "bf16"),
    "default dtype": lambda: torch.set_default_dtype(torch.float64),
    "default device": lambda: torch.set_default_device("meta"),
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_of_the_host_changes_no_score_and_is_left_as_it_is(photos, switch):
    """So that a record may be reused whatever the switch says."""
    from srbench.isolation import isolated, products, set_products

    plain = srbench.run("edsr", datasets=str(photos), metrics="psnr").leaderboard["psnr"].item()
    clean = products(torch), torch.get_default_dtype()
    with isolated(RuntimeError, ""):
        SWITCHES[switch]()
        before = products(torch), torch.get_default_dtype(), torch.get_default_device()
        switched = srbench.run("edsr", datasets=str(photos), metrics="psnr").leaderboard["psnr"].item()
        assert (products(torch), torch.get_default_dtype(), torch.get_default_device()) == before
    assert switched == plain
    set_products(torch, *clean[0])
    assert (products(torch)[:2], torch.get_default_dtype()) == (clean[0][:2], clean[1])
    assert Path.cwd().is_dir()
