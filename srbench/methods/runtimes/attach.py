"""An upscaler's network run by the runtime that was asked for. Imports torch only when used."""

from srbench.api import Inference, Upscaler


def attach(upscaler: Upscaler, inference: Inference) -> Upscaler:
    """The upscaler, run as asked.

    Args:
        upscaler: In float32, on the device. Runtimes other than `eager` take its attribute `network`, the nn.Module
            that does all of its work on the same batch.
        inference: Precision and runtime.

    Raises:
        MethodError: It has no network that the runtime could take over.
        RuntimeMissingError: The runtime is not installed, or does not work here.
    """
    match inference.runtime:
        case "openvino":
            from srbench.methods.runtimes.openvino import through_openvino

            return through_openvino(upscaler, inference.precision)
        case "compile":
            from srbench.methods.runtimes.compile import through_compile

            upscaler = through_compile(upscaler)
        case "eager":
            pass
    from srbench.methods.runtimes.precision import in_precision

    return in_precision(upscaler, inference)
