"""Types of images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""uint8, (C, H, W), C = 3 (RGB) or 1 (grey)."""

Planes = Any
"""uint8 or float64, (C, H, W), 0…255, C = 3 (RGB) or 1 (luma); an array, or a tensor on a GPU."""
