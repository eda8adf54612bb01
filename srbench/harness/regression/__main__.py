"""`python -m srbench.harness.regression`, run by `srbench bench --save`: measure the watched cases, print JSON."""

import json
from dataclasses import asdict

from srbench.harness.regression.baseline import ratios_here

__all__ = []

if __name__ == "__main__":
    print(json.dumps({name: asdict(ratio) for name, ratio in ratios_here().items()}, allow_nan=False))
