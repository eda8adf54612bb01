"""Datasets: images of a name or a folder, their labels, and how they get onto this machine."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
