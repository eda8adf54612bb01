"""The network of an upscaler, for runtimes and for counting parameters."""

from torch import nn

from srbench.api import Upscaler
from srbench.errors import MethodError


def network_of(upscaler: Upscaler) -> nn.Module | None:
    """The attribute `network`, or the upscaler itself if it is an nn.Module; None if neither."""
    found = getattr(upscaler, "network", upscaler)
    return found if isinstance(found, nn.Module) else None


def required_network(upscaler: Upscaler, runtime: str) -> nn.Module:
    """The network that a runtime takes over; raises MethodError if there is none."""
    network = network_of(upscaler)
    if network is None:
        raise MethodError(
            f"has no attribute `network`, the nn.Module that {runtime} would run; leave out --runtime {runtime}"
        )
    return network
