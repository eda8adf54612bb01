"""How fast a method is: measuring, and nothing else. Never from a scoring pass."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
