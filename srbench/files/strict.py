"""Pillow's settings while images are decoded: srbench's, whatever a method or the host process has set."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image as Pil
from PIL import ImageFile


class _Settings:
    """Pillow's settings, which belong to the whole process, while images are decoded.

    Attributes:
        threads: How many decode now.
        host: Whether truncated files were allowed, and the largest number of pixels, before the first began.
        disturbed: How often another thread allowed truncated files meanwhile.
    """

    guard = threading.Lock()
    threads = 0
    host: tuple[bool, int | None] = False, Pil.MAX_IMAGE_PIXELS
    disturbed = 0


_settings = _Settings()


@contextmanager
def strict() -> Iterator[None]:
    """Decode by srbench's own rules inside the `with` block: missing rows are an error, and the caller limits pixels.

    Pillow's settings are of the whole process, hence the first thread that decodes changes them and the last one
    changes them back.

    Raises:
        ValueError: Another thread allowed missing rows meanwhile.
    """
    with _settings.guard:
        if not _settings.threads:
            _settings.host = ImageFile.LOAD_TRUNCATED_IMAGES, Pil.MAX_IMAGE_PIXELS
        elif ImageFile.LOAD_TRUNCATED_IMAGES:
            _settings.disturbed += 1
        disturbed = _settings.disturbed
        _settings.threads += 1
        ImageFile.LOAD_TRUNCATED_IMAGES, Pil.MAX_IMAGE_PIXELS = False, None
    try:
        yield
        if ImageFile.LOAD_TRUNCATED_IMAGES or _settings.disturbed != disturbed:
            raise ValueError("a method allowed truncated files while it was decoded; run the same command again")
    finally:
        with _settings.guard:
            _settings.threads -= 1
            if not _settings.threads:
                ImageFile.LOAD_TRUNCATED_IMAGES, Pil.MAX_IMAGE_PIXELS = _settings.host
