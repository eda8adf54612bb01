"""The network of an upscaler, for runtimes and for counting parameters."""

from torch import nn

from srbench.api import Upscaler
from srbench.errors import MethodError


def network_of(upscaler: Upscaler) -> nn.Module | None:
    """Return an upscaler's attribute `network`, else the upscaler if it is an nn.Module, else None."""
    found = getattr(upscaler, "network", upscaler)
    return found if isinstance(found, nn.Module) else None


def required_network(upscaler: Upscaler, runtime: str) -> nn.Module:
    """Return the upscaler's network, for a runtime to execute; raise MethodError if there is none."""
    network = network_of(upscaler)
    if network is None:
        raise MethodError(
            f"has no attribute `network`, the nn.Module that {runtime} would run; leave out --runtime {runtime}"
        )
    return network
