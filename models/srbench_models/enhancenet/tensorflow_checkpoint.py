"""Reading a TensorFlow version-1 checkpoint (one file, a LevelDB-style table of protocol buffers) without TensorFlow.

The format contains no code. Sources: tensorflow/core/util/saved_tensor_slice.proto, tensorflow/core/lib/io/format.h.
Only whole, uncompressed float32 tensors are read, as version 1's saver writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.errors import WeightsError

__all__ = ["is_tensorflow_checkpoint", "read_tensorflow_checkpoint"]

_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
_FOOTER = 48
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOAT32 = 1
"""TensorFlow's `DT_FLOAT`."""


def is_tensorflow_checkpoint(path: Path) -> bool:
    """Whether a file ends with the magic number of such a table.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - len(_MAGIC)))
        return size >= _FOOTER and file.read() == _MAGIC


def read_tensorflow_checkpoint(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read every float32 tensor of a checkpoint, by name, in its TensorFlow shape.

    Raises:
        WeightsError: The file is not such a checkpoint, is truncated, or uses an unsupported feature.
    """
    try:
        data = path.read_bytes()
        if data[-len(_MAGIC) :] != _MAGIC or len(data) < _FOOTER:
            raise ValueError("no table's end mark")
        return dict(_tensors(data))
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path.name}: cannot be read as a TensorFlow 1 checkpoint ({error})") from error


def _tensors(data: bytes) -> Iterator[tuple[str, NDArray[np.float32]]]:
    shapes: dict[str, tuple[int, ...]] = {}
    footer = data[-_FOOTER:]
    _, at = _handle(footer, 0)
    index, _ = _handle(footer, at)
    for _, where in _entries(_block(data, index)):
        for key, value in _entries(_block(data, _handle(where, 0)[0])):
            message = _fields(value)
            if key == b"":  # the first entry lists names and shapes
                shapes = dict(_shape(entry) for entry in _fields(message[1][0]).get(1, []))
                continue
            for saved in message.get(2, []):
                name, array = _slice(_fields(saved))
                yield name, array.reshape(shapes[name])


def _slice(saved: dict[int, list[Any]]) -> tuple[str, NDArray[np.float32]]:
    name, tensor = saved[1][0].decode(), _fields(saved[3][0])
    if tensor.get(1, [_FLOAT32])[0] != _FLOAT32:
        raise ValueError(f"{name} is not float32")
    content = tensor[4][0] if 4 in tensor else b"".join(tensor[5])
    return name, np.frombuffer(content, "<f4")


def _shape(entry: bytes) -> tuple[str, tuple[int, ...]]:
    fields = _fields(entry)
    dimensions = _fields(fields[2][0]).get(2, []) if 2 in fields else []
    return fields[1][0].decode(), tuple(_fields(dimension).get(1, [0])[0] for dimension in dimensions)


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and the position after the handle."""
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _block(data: bytes, handle: tuple[int, int]) -> bytes:
    offset, size = handle
    if offset + size >= len(data):
        raise ValueError("a block lies beyond the end")
    if data[offset + size] != 0:
        raise ValueError("a block is compressed")
    return data[offset : offset + size]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; each key is stored as its difference from the previous one."""
    restarts = int.from_bytes(block[-4:], "little")
    at, end, key = 0, len(block) - 4 * (restarts + 1), b""
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        size, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + size]
        at += size


def _fields(message: bytes) -> dict[int, list[Any]]:
    """Values of a protocol buffer by field number: integers for varints, bytes otherwise."""
    found: dict[int, list[Any]] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        value: int | bytes
        if kind == _VARINT:
            value, at = _varint(message, at)
        else:
            if kind == _BYTES:
                size, at = _varint(message, at)
            elif kind in (_FIXED32, _FIXED64):
                size = 4 if kind == _FIXED32 else 8
            else:
                raise ValueError(f"unknown wire type {kind}")
            if at + size > len(message):
                raise ValueError("a field is cut short")
            value, at = message[at : at + size], at + size
        found.setdefault(number, []).append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Integer of seven bits per byte, and the position after it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number has more than 64 bits")
