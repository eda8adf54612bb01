"""Other people's formats: a TensorFlow 1 checkpoint and SRCNN's MATLAB models, made by hand and the real one."""

from __future__ import annotations

import importlib
import json
import sys

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from scipy.io import savemat
from scipy.ndimage import correlate

from srbench.api import BuildRequest
from srbench.errors import WeightsError
from srbench_models.enhancenet.tensorflow_checkpoint import is_tensorflow_checkpoint, read_tensorflow_checkpoint
from srbench_models.enhancenet.upscaler import create as create_enhancenet
from srbench_models.srcnn.matlab import read_matlab_model
from srbench_models.srcnn.network import SRCNN
from srbench_models.srcnn.upscaler import create as create_srcnn
from srbench_models.weights import converted, load_state


@pytest.fixture(scope="module")
def checkpoint(benchmark_data):
    path = benchmark_data / "weights" / "enhancenet" / "weights"
    if not path.is_file():
        pytest.skip("needs the EnhanceNet checkpoint below SRBENCH_TEST_DATA")
    return path


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(entries):
    body, restarts, last = b"", [], b""
    for key, value in entries:
        # Share what can be shared with the key before, as LevelDB does.
        shared = len(last) if key.startswith(last) and last else 0
        body += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    restarts = (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    return body + restarts


def table(arrays, kind=0):
    """A checkpoint of float32 arrays, each tensor in the packed field `float_val`."""
    contents = b""
    for name, array in arrays.items():
        shape = b"".join(field(2, field(1, size)) for size in array.shape)
        contents += field(1, field(1, name.encode()) + field(2, shape) + field(3, 1))
    entries = [(b"", field(1, contents))]
    for index, (name, array) in enumerate(arrays.items()):
        tensor = field(1, 1) + field(5, array.astype("<f4").tobytes())
        entries.append((b"k" * (index + 1), field(2, field(1, name.encode()) + field(3, tensor))))
    data = block(entries)
    handle = varint(0) + varint(len(data))
    out = data + bytes([kind]) + b"crc."
    index = block([(b"zz", handle)])
    footer = varint(0) + varint(0) + varint(len(out)) + varint(len(index))
    return out + index + b"\0crc." + footer.ljust(40, b"\0") + 0xDB4775248B80FB57.to_bytes(8, "little")


def test_a_checkpoint_made_by_hand(tmp_path):
    arrays = {"a/weights": np.arange(12, dtype=np.float32).reshape(3, 4), "a/biases": np.float32([7, 8])}
    (tmp_path / "made").write_bytes(table(arrays))
    assert is_tensorflow_checkpoint(tmp_path / "made")
    found = read_tensorflow_checkpoint(tmp_path / "made")
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)
    with pytest.raises(WeightsError, match="is not EnhanceNet's checkpoint; missing .'generator/Conv/biases'"):
        create_enhancenet(BuildRequest(4, "cpu", tmp_path / "made"))


@pytest.mark.parametrize("damage", ["cut", "compressed", "short", "empty"])
def test_damaged_checkpoints_are_one_error(tmp_path, damage):
    whole = table({"a": np.ones(3, np.float32)})
    data = {"cut": whole[:20] + whole[-48:], "compressed": table({"a": np.ones(3, np.float32)}, kind=1)}
    (tmp_path / "bad").write_bytes(data.get(damage, whole[-20:] if damage == "short" else b""))
    with pytest.raises(WeightsError, match="bad: cannot be read as a TensorFlow 1 checkpoint"):
        read_tensorflow_checkpoint(tmp_path / "bad")


@pytest.mark.parametrize("length", range(0, 400, 7))
def test_no_length_of_file_crashes_the_reader(tmp_path, length):
    whole = table({"a": np.ones(9, np.float32), "b": np.ones((2, 2), np.float32)})
    (tmp_path / "bad").write_bytes(whole[:length] + whole[-48:])
    try:
        found = read_tensorflow_checkpoint(tmp_path / "bad")
    except WeightsError:
        return
    # What it lacked was behind the tensors: what it read is right, if not all.
    assert all(np.array_equal(array, np.ones_like(array)) for array in found.values())


@pytest.mark.slow
def test_the_released_enhancenet_reproduces_its_rows(checkpoint, benchmark_data, cli):
    for name in ("set5", "set14"):
        assert cli("datasets", "import", name, benchmark_data).code == 0
    done = cli("verify", "--weights", f"enhancenet@official={checkpoint}", "--json")
    assert done.code == 0
    outcome = json.loads(done.out)
    rows = [row for row in outcome["checks"] if row["method"] == "enhancenet@official"]
    assert [(row["dataset"], row["expected"], row["passed"]) for row in rows] == [
        ("set5", 28.56, True),
        ("set14", 25.77, True),
    ]
    assert any(reason.startswith("edsr@official ×2, ×3, ×4: its weights are not") for reason in outcome["skipped"])


def test_the_conversion_is_kept_and_found_again(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("SRBENCH_CACHE", str(tmp_path))
    create_enhancenet(BuildRequest(4, "cpu", checkpoint))
    (kept,) = (tmp_path / "converted").iterdir()
    stamp = kept.stat().st_mtime_ns
    create_enhancenet(BuildRequest(4, "cpu", checkpoint))
    assert kept.stat().st_mtime_ns == stamp


def _cut(path):
    path.write_bytes(path.read_bytes()[:-5])


def _flip(path):
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)


def _garbage(path):
    path.write_bytes(b"garbage")


def _empty(path):
    path.write_bytes(b"")


def _others(path):
    save_file({name: value + 1 for name, value in _tensors(path).items()}, path, _metadata(path))


def _renamed(path):
    save_file({f"{name}x": value for name, value in _tensors(path).items()}, path, _metadata(path))


def _with_a_recipe(path):
    """Metadata decide how the network is built."""
    recipe = json.dumps({"network": {"scale": 3, "planes": 1, "border": "zeros"}})
    save_file(_tensors(path), path, _metadata(path) | {"recipe": recipe})


def _of_another_source(path):
    save_file(_tensors(path), path, _metadata(path) | {"source_sha256": "0" * 64})


def _tensors(path):
    """Copies, since a file is changed in place while its tensors are mapped."""
    return {name: value.clone() for name, value in load_file(path).items()}


def _metadata(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()


@pytest.mark.parametrize(
    "damage", [_cut, _flip, _garbage, _empty, _others, _renamed, _with_a_recipe, _of_another_source]
)
def test_a_conversion_that_was_altered_is_made_again(matlab_model, tmp_path, monkeypatch, capsys, damage):
    monkeypatch.setenv("SRBENCH_CACHE", str(tmp_path / "cache"))
    request, lr = BuildRequest(3, "cpu", matlab_model[0]), torch.rand(1, 1, 5, 6)
    whole = create_srcnn(request)(lr)
    assert capsys.readouterr().err == ""
    (kept,) = (tmp_path / "cache" / "converted").iterdir()
    intact = _tensors(kept)
    damage(kept)
    assert torch.equal(create_srcnn(request)(lr), whole)
    assert capsys.readouterr().err == f"{kept}: was altered or damaged; model.mat is converted again\n"
    assert all(torch.equal(value, intact[name]) for name, value in _tensors(kept).items())
    create_srcnn(request)
    assert capsys.readouterr().err == ""


def test_a_conversion_belongs_to_the_code_that_made_it(matlab_model, tmp_path, monkeypatch):
    """Also to the modules beside the converter, such as the reader of the format."""
    path, _ = matlab_model
    package = tmp_path / "converter"
    package.mkdir()
    (package / "convert.py").write_text("from reader import read as given\ndef read(path):\n    return given(path)\n")
    (package / "reader.py").write_text("import torch\ndef read(path):\n    return {'a': torch.zeros(2)}\n")
    monkeypatch.syspath_prepend(package)
    read = importlib.import_module("convert").read
    first = converted(path, read)
    assert converted(path, read) == first
    (package / "reader.py").write_text("import torch\ndef read(path):\n    return {'a': torch.ones(2)}\n")
    assert converted(path, read) != first
    for name in ("convert", "reader"):
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def matlab_model(tmp_path):
    """A 5-3-5 network of few filters, in the variables and layout of the authors' files."""
    random = np.random.default_rng(0)
    model = {
        "weights_conv1": random.normal(size=(25, 4)) / 5,
        "weights_conv2": random.normal(size=(4, 9, 3)) / 5,
        "weights_conv3": random.normal(size=(3, 25)) / 5,
        "biases_conv1": random.normal(size=(4, 1)),
        "biases_conv2": random.normal(size=(3, 1)),
        "biases_conv3": random.normal(size=(1, 1)),
    }
    savemat(tmp_path / "model.mat", model)
    return tmp_path / "model.mat", model


def as_in_matlab(model, image):
    """The authors' loop: kernels laid out column by column, `imfilter(…, 'same', 'replicate')`, ReLU."""

    def kernel(values):
        side = int(np.sqrt(values.size))
        return values.reshape(side, side, order="F")

    first = [
        np.maximum(correlate(image, kernel(model["weights_conv1"][:, i]), mode="nearest") + model["biases_conv1"][i], 0)
        for i in range(4)
    ]
    second = [
        np.maximum(
            sum(correlate(first[j], kernel(model["weights_conv2"][j, :, i]), mode="nearest") for j in range(4))
            + model["biases_conv2"][i],
            0,
        )
        for i in range(3)
    ]
    return (
        sum(correlate(second[i], kernel(model["weights_conv3"][i]), mode="nearest") for i in range(3))
        + model["biases_conv3"]
    )


def test_matlab_models_compute_what_matlab_did(matlab_model):
    path, model = matlab_model
    network = SRCNN(2, 1, (4, 3), (5, 3, 5))
    load_state(network, read_matlab_model(path), path.name)
    network.enlarge = torch.nn.Identity()
    image = np.random.default_rng(1).random((9, 12))
    with torch.inference_mode():
        ours = network(torch.from_numpy(image)[None, None].float())[0, 0].numpy()
    assert np.abs(ours - as_in_matlab(model, image)).max() < 1e-4


def test_srcnn_takes_the_kernels_of_its_file(matlab_model):
    path, _ = matlab_model
    assert create_srcnn(BuildRequest(3, "cpu", path))(torch.rand(1, 1, 5, 6)).shape == (1, 1, 15, 18)


def test_matlab_files_of_something_else(tmp_path):
    savemat(tmp_path / "other.mat", {"x": np.ones(3)})
    with pytest.raises(WeightsError, match="other.mat: is not a model of SRCNN's authors .'weights_conv1'"):
        read_matlab_model(tmp_path / "other.mat")
    (tmp_path / "broken.mat").write_bytes(b"MATLAB 5.0 MAT-file" + b" " * 200)
    with pytest.raises(WeightsError, match="broken.mat: is not a model"):
        read_matlab_model(tmp_path / "broken.mat")
