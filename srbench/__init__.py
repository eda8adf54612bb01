"""srbench: a benchmark and evaluation harness for single-image super-resolution.

`srbench.run(...)` measures upscalers; `srbench.metrics` and `srbench.protocol` are usable alone. Importing this
package imports neither torch nor pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.api import BuildRequest, Listing, Metric, Sample, Upscaler
from srbench.errors import SRBenchError

if TYPE_CHECKING:
    from srbench.harness.result import RunResult
    from srbench.harness.run import run, score

__all__ = [
    "BuildRequest",
    "Listing",
    "Metric",
    "RunResult",
    "SRBenchError",
    "Sample",
    "Upscaler",
    "run",
    "score",
]

_LAZY = frozenset({"RunResult", "run", "score"})


def __getattr__(name: str) -> Any:
    """Import what needs pandas only when it is asked for."""
    if name in _LAZY:
        from srbench.harness import result, run

        return result.RunResult if name == "RunResult" else getattr(run, name)
    raise AttributeError(f"module 'srbench' has no attribute {name!r}")
