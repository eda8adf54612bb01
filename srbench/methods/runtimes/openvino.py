"""OpenVINO: Intel's inference engine, an optional extra, on CPU only.

Source: https://docs.openvino.ai; the precision is always set, because by default OpenVINO picks bf16 where supported.
"""

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from srbench.api import Precision, Upscaler
from srbench.errors import RuntimeMissingError, one_line
from srbench.methods.runtimes.network import required_network
from srbench.parallel import cores

_KEPT = 16
"""Number of compiled input shapes in the cache, more than a tiled image has; compiling one takes about a second."""


def through_openvino(upscaler: Upscaler, precision: Precision) -> Upscaler:
    """Run an upscaler in OpenVINO, compiled anew for each input shape, because networks may use the input's size.

    Raises:
        MethodError: The upscaler has no network.
        RuntimeMissingError: OpenVINO is not installed or cannot be loaded.
    """
    openvino = load_openvino()
    core = openvino.Core()
    hints = {
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": str(cores()),
    }
    graph = getattr(upscaler, "graph", None)
    network = None if graph is not None else required_network(upscaler, "openvino")
    compiled: OrderedDict[tuple[int, ...], Callable[..., Any]] = OrderedDict()

    def converted(shape: tuple[int, ...]) -> Any:
        if network is None:
            model = core.read_model(str(graph))
            model.reshape(list(shape))
            return model
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's tracer warns of fixed sizes, intended here
            return openvino.convert_model(network, example_input=torch.zeros(shape), input=[list(shape)])

    def run(planes: NDArray[Any]) -> NDArray[Any]:
        shape = tuple(planes.shape)
        if shape not in compiled:
            compiled[shape] = core.compile_model(converted(shape), "CPU", hints)
            if len(compiled) > _KEPT:
                compiled.popitem(last=False)
        compiled.move_to_end(shape)
        result: NDArray[Any] = compiled[shape](planes)[0].copy()
        return result

    if network is None:
        through: Upscaler = upscaler.through(run)  # type: ignore[attr-defined]  # of upscalers with a graph
        return through

    def upscale(lr: Tensor, /) -> Tensor:
        return torch.from_numpy(run(lr.contiguous().numpy()))

    return upscale


def load_openvino() -> Any:
    """Import and return the openvino package; raise RuntimeMissingError if it is not installed or cannot be loaded."""
    try:
        import openvino
    except (ImportError, RuntimeError, OSError) as error:
        raise RuntimeMissingError(
            f"the runtime openvino cannot be loaded ({one_line(error)}); run: pip install 'srbench[openvino]'"
        ) from error
    return openvino
