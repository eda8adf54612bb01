"""What several test modules need: real pixels, folders of them, the command line, and the benchmark data if present."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from typer.testing import CliRunner
from web_server import site  # noqa: F401  # a fixture

from srbench.api import Image
from srbench.files import read_image, write_image
from srbench.methods import tune
from srbench.protocols import resample_taps
from srbench_datasets import bundled

# Ignored signals, as of a command in the background, are inherited by the processes that tests start.
for _signal, _handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, _handler)

settings.register_profile("busy", deadline=None)  # no test may fail because the machine is busy
settings.load_profile("busy")

tune()  # as the command line does; what a library call leaves alone is tested in processes of its own

_homes = itertools.count()


SPEED = Path(__file__).parent / "benchmarks"


def pytest_collection_modifyitems(config, items):
    """Ratios of speed are measured only when they are asked for, by their folder or by `-m speed`; so `-m slow`."""
    for item in items:
        if SPEED in item.path.parents:
            item.add_marker("speed")
    asked = {name for name in ("speed", "slow") if name in config.option.markexpr}
    if any(SPEED.name in str(part) for part in config.args):
        asked.add("speed")
    for name in {"speed", "slow"} - asked:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(name)])
        items[:] = [item for item in items if not item.get_closest_marker(name)]


@pytest.fixture(autouse=True)
def _own_data_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's datasets or fetched weights."""
    # Not made, only named: thousands of folders side by side take long to number.
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(_homes))
    monkeypatch.setenv("SRBENCH_CACHE", str(home / "cache"))
    monkeypatch.setenv("SRBENCH_DATA", str(home / "data"))


@pytest.fixture(scope="session")
def benchmark_data() -> Path:
    """Set5, Set14 and the like; see CONTRIBUTING.md for the layout."""
    chosen = os.environ.get("SRBENCH_TEST_DATA")
    if not chosen:
        pytest.skip("needs benchmark images; set SRBENCH_TEST_DATA to their folder")
    folder = Path(chosen).resolve()
    if not (folder / "Set5" / "HR").is_dir():
        pytest.fail(f"SRBENCH_TEST_DATA is {chosen}, which holds no Set5/HR")
    return folder


@pytest.fixture(scope="session")
def photo() -> Callable[..., Image]:
    """A crop of a real photograph: uint8, (3, height, width)."""
    coffee = next(sample for sample in bundled.read(Path()).samples if sample.id == "coffee")
    whole = read_image(coffee.hr)

    def crop(height: int = 64, width: int = 64, top: int = 100, left: int = 200) -> Image:
        return np.ascontiguousarray(whole[:, top : top + height, left : left + width])

    return crop


def _gathered(image, size, border="symmetric"):
    """MATLAB's resize as sums over gathered rows, pass by pass, in float64."""
    out = image.astype(np.float64)
    order = sorted((0, 1), key=lambda axis: size[axis] / image.shape[axis - 2])
    for axis in order:
        taps = resample_taps(out.shape[axis - 2], size[axis], "cubic", border)
        rows = out if axis == 0 else out.swapaxes(-1, -2)
        total = np.zeros((*rows.shape[:-2], len(taps.weights), rows.shape[-1]))
        for indices, weights in zip(taps.indices.T, taps.weights.T, strict=True):
            total += rows[..., indices, :] * weights[:, None]
        out = total if axis == 0 else total.swapaxes(-1, -2)
        if image.dtype == np.uint8:
            out = np.clip(np.floor(out + 0.5), 0, 255)
    return out


@pytest.fixture(scope="session")
def gathered() -> Callable[..., np.ndarray]:
    """The resize written plainly in numpy: float64, of uint8 with the values of uint8."""
    return _gathered


@pytest.fixture
def photos(tmp_path, photo) -> Path:
    """A folder of three small photographs, 64×64, 66×70 and 48×80."""
    folder = tmp_path / "photos"
    for name, (height, width) in {"one": (64, 64), "two": (70, 66), "three": (80, 48)}.items():
        write_image(folder / f"{name}.png", photo(height, width, top=20 * len(name)))
    return folder


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(tmp_path, monkeypatch) -> Callable[..., Outcome]:
    """Run `srbench` in this process, in an empty working directory."""
    from srbench.cli.main import app

    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Outcome:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return invoke
