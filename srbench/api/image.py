"""Types of images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""8-bit image: uint8, (C, H, W), 0…255; C = 3 for RGB, 1 for grey."""

Planes = Any
"""Planes: uint8 or float64, (C, H, W), 0…255; C = 3 for RGB, 1 for luma; an array on the CPU, a tensor on a GPU."""
