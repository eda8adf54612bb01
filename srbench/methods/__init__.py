"""Methods as a run sees them: a card's upscaler, a user's own function, or images made elsewhere.

All three answer the same questions (which scales, which colour, what identifies them) and open into a producer of
8-bit images, so that the runner need not know which it has.
"""

from __future__ import annotations

from srbench.methods.card import CardMethod
from srbench.methods.find import find_method, free_name, split_wrappers
from srbench.methods.folder import FolderMethod
from srbench.methods.function import FunctionMethod
from srbench.methods.method import BuildableMethod, Job, Method, Produced, Producer
from srbench.methods.wrapped import WrappedMethod

__all__ = [
    "BuildableMethod",
    "CardMethod",
    "FolderMethod",
    "FunctionMethod",
    "Job",
    "Method",
    "Produced",
    "Producer",
    "WrappedMethod",
    "find_method",
    "free_name",
    "split_wrappers",
]
