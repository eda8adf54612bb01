"""`python -m srbench.regression`: the watched cases measured in this process, as JSON.

`srbench bench --save` starts it.
"""

import json
from dataclasses import asdict

from srbench.harness.regression.baseline import ratios_here

__all__ = []

if __name__ == "__main__":
    print(json.dumps({name: asdict(ratio) for name, ratio in ratios_here().items()}))
