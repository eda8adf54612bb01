"""What rooms and packs promise one another: values and protocols. Imports neither torch nor a codec."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
