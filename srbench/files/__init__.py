"""Bytes that come and go: image files, atomic writes, downloads, archives, hashes."""

from __future__ import annotations

from srbench.files.archive import NothingThereError, is_archive, unpack
from srbench.files.atomic import atomic_write, is_web_page, write_text
from srbench.files.codec import IMAGE_SUFFIXES, pixel_sha256, read_identified, read_image, to_rgb, write_image
from srbench.files.downloads import Bytes, download
from srbench.files.fingerprint import (
    code_sha256,
    combine,
    file_identity,
    file_sha256,
    installed_version,
    library_versions,
    numbers_code,
    place_sha256,
    runtime_version,
)
from srbench.files.photograph import WRITABLE_SUFFIXES, Photograph, read_photograph, write_photograph
from srbench.files.places import (
    Files,
    cache_home,
    data_home,
    existing_files,
    image_files,
    is_folder_spec,
    printable_name,
)

__all__ = [
    "IMAGE_SUFFIXES",
    "WRITABLE_SUFFIXES",
    "Bytes",
    "Files",
    "NothingThereError",
    "Photograph",
    "atomic_write",
    "cache_home",
    "code_sha256",
    "combine",
    "data_home",
    "download",
    "existing_files",
    "file_identity",
    "file_sha256",
    "image_files",
    "installed_version",
    "is_archive",
    "is_folder_spec",
    "is_web_page",
    "library_versions",
    "numbers_code",
    "pixel_sha256",
    "place_sha256",
    "printable_name",
    "read_identified",
    "read_image",
    "read_photograph",
    "runtime_version",
    "to_rgb",
    "unpack",
    "write_image",
    "write_photograph",
    "write_text",
]
