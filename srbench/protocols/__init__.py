"""Protocols: how LR is made, and on what a result is scored. A card per protocol lies in `cards/`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
