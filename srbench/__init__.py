"""srbench: a benchmark and evaluation harness for single-image super-resolution.

`srbench.run(...)` measures upscalers; `srbench.metrics` and `srbench.protocols` are usable alone. Importing this
package imports neither torch nor pandas.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
