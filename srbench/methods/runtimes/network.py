"""The network behind an upscaler, for runtimes that take it over and for counting."""

from torch import nn

from srbench.api import Upscaler
from srbench.errors import MethodError


def network_of(upscaler: Upscaler) -> nn.Module | None:
    """The attribute `network`, or the upscaler itself where it is one."""
    found = getattr(upscaler, "network", upscaler)
    return found if isinstance(found, nn.Module) else None


def required_network(upscaler: Upscaler, runtime: str) -> nn.Module:
    """The network that a runtime takes over.

    Raises:
        MethodError: There is none.
    """
    network = network_of(upscaler)
    if network is None:
        raise MethodError(
            f"has no attribute `network`, the nn.Module that {runtime} would run; leave out --runtime {runtime}"
        )
    return network
