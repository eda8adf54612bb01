"""`srbench export`: a method's network as an ONNX file."""

import warnings
from pathlib import Path
from typing import Any, NamedTuple

from srbench.api import Inference, Upscaler
from srbench.cards import installed_cards
from srbench.errors import MethodError, OutputError, RuntimeMissingError, one_line
from srbench.files import atomic_write, expanded
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import METHOD, NAMED_WEIGHTS, PATH, SCALE
from srbench.isolation import exact
from srbench.methods import Weights, find_method, named_files, network_of, refuse_scale

__all__ = ["Exported", "export"]

_OPSET = 17
"""Version of ONNX's operators: of 2022, which all current runtimes read."""

_TOLERANCE = 1e-4
"""Largest difference between the network and the exported graph, for samples in [0, 1]."""

_SIZES = ((48, 64), (31, 57))
"""Heights and widths of the images on which the graph is compared with the network."""


class Exported(NamedTuple):
    """An exported file: planes of its input, and the largest difference from the network; None if not compared."""

    path: Path
    channels: int
    difference: float | None


@checked(method=METHOD, scale=SCALE, output=PATH, weights=NAMED_WEIGHTS)
def export(method: str, scale: int, output: Path | str, *, weights: Weights = None) -> Exported:
    """Write a method's network as ONNX: float32, (N, C, h, w) in [0, 1], of any batch and size.

    The graph is compared with the network, where onnxruntime is installed, before the file gets its name.

    Args:
        method: A method's name.
        scale: Upscaling scale.
        output: The file, `.onnx`.
        weights: Weight files, as for `srbench.run`.

    Raises:
        RequestError: The method or its weights do not exist, or it has no such scale.
        RuntimeMissingError: The library onnx is not installed.
        MethodError: The method has no network that can be exported, or the graph differs from it.
        OutputError: The file cannot be written.
    """
    path = expanded(output)
    if path.suffix != ".onnx":
        raise OutputError(f"{path}: an exported graph is an .onnx file; end its name in .onnx")
    found = find_method(method, installed_cards(), named_files(weights, (method,)))
    refuse_scale(found, scale)
    channels = 1 if found.colour == "y" else 3
    with exact():
        upscaler = found.build(scale, Inference("cpu"))
        try:
            with atomic_write(path) as partial:
                _write(upscaler, channels, partial, found.name)
                difference = _compared(upscaler, channels, partial, found.name)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    return Exported(path, channels, difference)


def _write(upscaler: Upscaler, channels: int, path: Path, name: str) -> None:
    import torch

    try:
        import onnx  # noqa: F401  # torch's exporter needs it
    except ImportError as error:
        raise RuntimeMissingError("export needs the library onnx: pip install 'srbench[onnx]'") from error
    network = network_of(upscaler)
    if network is None:
        raise MethodError(f"{name} has no attribute `network`, the nn.Module that would be exported")
    axes = {0: "batch", 2: "height", 3: "width"}
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer warns of sizes that it takes as fixed; they are compared below
            torch.onnx.export(
                network.eval(),
                (torch.zeros(1, channels, *_SIZES[0]),),
                str(path),
                input_names=["lr"],
                output_names=["sr"],
                dynamic_axes={"lr": axes, "sr": axes},
                opset_version=_OPSET,
                dynamo=False,
            )
    except OSError:
        raise
    except Exception as error:  # the exporter raises many kinds for what it cannot trace
        raise MethodError(f"{name} cannot be exported ({one_line(error)})") from error


def _compared(upscaler: Upscaler, channels: int, path: Path, name: str) -> float | None:
    """Return the largest difference between network and graph; None without onnxruntime."""
    import torch

    try:
        import onnxruntime
    except ImportError:
        return None
    options: Any = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its errors are raised, too
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    largest = 0.0
    for batch, size in enumerate(_SIZES, start=1):
        lr = torch.rand(batch, channels, *size, generator=generator)
        with torch.inference_mode():
            expected = upscaler(lr).numpy()
        try:
            (found,) = session.run(None, {"lr": lr.numpy()})
        except Exception as error:
            raise MethodError(f"{name}: the exported graph takes only one size ({one_line(error)})") from error
        if found.shape != expected.shape:
            raise MethodError(f"{name}: the exported graph makes {found.shape} of {tuple(lr.shape)}, not of any size")
        largest = max(largest, float(abs(found - expected).max()))
    if largest > _TOLERANCE:
        raise MethodError(
            f"{name}: the exported graph differs from the network by {largest:.2g}, more than {_TOLERANCE:g}; the "
            "network computes with something else than torch's operations"
        )
    return largest
