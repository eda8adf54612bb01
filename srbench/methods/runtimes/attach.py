"""Attaching the requested runtime to an upscaler; torch is imported only when used."""

from srbench.api import Inference, Upscaler


def attach(upscaler: Upscaler, inference: Inference) -> Upscaler:
    """Run an upscaler in the requested runtime and precision.

    Args:
        upscaler: In float32, on the device. Runtimes other than `eager` replace its attribute `network`, the nn.Module
            that maps the same batch to the result.
        inference: Device, precision and runtime.

    Raises:
        MethodError: The upscaler has no network for the runtime to take over.
        RuntimeMissingError: The runtime is not installed or cannot be loaded.
    """
    match inference.runtime:
        case "openvino":
            from srbench.methods.runtimes.openvino import through_openvino

            return through_openvino(upscaler, inference.precision)
        case "compile":
            from srbench.methods.runtimes.compile import through_compile

            upscaler = through_compile(upscaler)
        case "eager" | "onnxruntime":
            pass
    from srbench.methods.runtimes.precision import in_precision

    return in_precision(upscaler, inference)
