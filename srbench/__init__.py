"""srbench: a benchmark and evaluation harness for single-image super-resolution.

`srbench.run(...)` measures upscalers; `srbench.metrics` and `srbench.protocols` are usable alone. Importing this
package imports neither torch nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from srbench.api import BuildRequest, Listing, Metric, Sample, Upscaler
from srbench.errors import SRBenchError

if TYPE_CHECKING:
    from srbench import metrics, protocols
    from srbench.harness.result import RunResult
    from srbench.harness.run import run, score
    from srbench.methods import tune

__all__ = [
    "BuildRequest",
    "Listing",
    "Metric",
    "RunResult",
    "SRBenchError",
    "Sample",
    "Upscaler",
    "metrics",
    "protocols",
    "run",
    "score",
    "tune",
]

_LAZY = {
    "RunResult": "srbench.harness.result",
    "run": "srbench.harness.run",
    "score": "srbench.harness.run",
    "tune": "srbench.methods",
}


def __getattr__(name: str) -> Any:
    """Import a room, or what needs pandas or torch, when it is first asked for."""
    if name in ("metrics", "protocols"):
        return import_module(f"srbench.{name}")
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'srbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, whether imported already or not."""
    return sorted({*globals(), *__all__})
