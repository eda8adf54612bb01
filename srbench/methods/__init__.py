"""Methods: a card's upscaler, a user's function, finished images, or any of them wrapped."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
