"""OpenVINO: Intel's inference engine, an optional extra, on CPU only.

Source: https://docs.openvino.ai; the precision is always set, because by default OpenVINO picks bf16 where supported.
"""

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
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
    network = required_network(upscaler, "openvino")
    openvino = load_openvino()
    core = openvino.Core()
    hints = {
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": str(cores()),
    }
    compiled: OrderedDict[tuple[int, ...], Callable[..., Any]] = OrderedDict()

    def upscale(lr: Tensor, /) -> Tensor:
        shape = tuple(lr.shape)
        if shape not in compiled:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch's tracer warns of fixed sizes, intended here
                model = openvino.convert_model(network, example_input=torch.zeros(shape), input=[list(shape)])
            compiled[shape] = core.compile_model(model, "CPU", hints)
            if len(compiled) > _KEPT:
                compiled.popitem(last=False)
        compiled.move_to_end(shape)
        return torch.from_numpy(compiled[shape](lr.contiguous().numpy())[0].copy())

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
