"""The public face: what is exported, what importing costs, and that errors keep their exit codes."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import srbench
from srbench import errors

MODULES = sorted(module.name for module in pkgutil.walk_packages(srbench.__path__, "srbench."))


@pytest.mark.parametrize("name", ["srbench", *MODULES])
def test_all_names_exist(name):
    module = import_module(name)
    exported = getattr(module, "__all__", [])
    assert len(set(exported)) == len(exported)
    for item in exported:
        assert getattr(module, item) is not None


@pytest.mark.parametrize(
    "command",
    [
        "import srbench",
        "import srbench.metrics, srbench.protocols",
        "from srbench.cli.main import app; app(['list', 'methods'], standalone_mode=False)",
        "from srbench.cli.main import app; app(['list', 'wrappers'], standalone_mode=False)",
        "from srbench.cli.main import app; app(['--help'], standalone_mode=False)",
    ],
)
def test_torch_is_not_imported(command):
    code = f"{command}\nimport sys\nprint('torch' in sys.modules, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip().endswith("False")


def test_unknown_attributes_are_errors():
    with pytest.raises(AttributeError, match="No srbench attribute upscale_everything"):
        srbench.upscale_everything  # noqa: B018


def test_a_wrong_request_exits_2_a_failed_run_1_and_a_stopped_one_130():
    classes = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if cls.__module__ == errors.__name__]
    for cls in classes:
        assert issubclass(cls, errors.SRBenchError)
        stopped = issubclass(cls, errors.StoppedError)
        assert cls.exit_code == (130 if stopped else 2 if issubclass(cls, errors.RequestError) else 1)
    assert set(errors.__all__) == {cls.__name__ for cls in classes} | {"message_of", "one_line", "suggest"}


def test_public_names_are_listed_and_rooms_are_there():
    assert set(srbench.__all__) <= set(dir(srbench))
    assert {"run", "score", "tune", "metrics", "protocols", "Metric"} <= set(dir(srbench))
    code = "import sys, srbench; srbench.metrics.psnr; srbench.protocols.imresize; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
    for name in srbench.__all__:
        assert getattr(srbench, name) is not None
