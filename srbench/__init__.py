"""srbench: a benchmark and evaluation harness for single-image super-resolution.

`srbench.run(...)` measures upscalers; `srbench.metrics` and `srbench.protocols` are usable alone. Importing this
package imports neither torch nor pandas.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import metrics as metrics
    from . import protocols as protocols
    from .api.dataset import Listing as Listing
    from .api.dataset import Sample as Sample
    from .api.metric import Metric as Metric
    from .api.upscaler import BuildRequest as BuildRequest
    from .api.upscaler import Upscaler as Upscaler
    from .errors import SRBenchError as SRBenchError
    from .harness.finished.rescore import rescore as rescore
    from .harness.plans import read_plan as read_plan
    from .harness.result import RunResult as RunResult
    from .harness.run import run as run
    from .harness.run import score as score
    from .methods.runtimes.device import tune as tune
else:
    import lazy_loader

    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        ["metrics", "protocols"],
        {
            "api.dataset": ["Listing", "Sample"],
            "api.metric": ["Metric"],
            "api.upscaler": ["BuildRequest", "Upscaler"],
            "errors": ["SRBenchError"],
            "harness.finished.rescore": ["rescore"],
            "harness.plans": ["read_plan"],
            "harness.result": ["RunResult"],
            "harness.run": ["run", "score"],
            "methods.runtimes.device": ["tune"],
        },
    )
