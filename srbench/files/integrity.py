"""Damage that decoders pass over: wrong checksums and missing parts of PNG and JPEG files.

Pillow decodes a PNG without its end, or with a wrong checksum, and any JPEG whose data reaches an end marker. What is
checked here costs little beside the decoding. Not detected are changed bytes that leave the structure of a JPEG, a BMP,
a PPM or a WebP whole, since these formats have no checksums, nor a wrong checksum within a compressed TIFF.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from PIL import Image as Pil
from PIL import ImageChops

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel by a PNG's colour type."""

_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row, and steps, of the seven passes of an interlaced PNG."""

_BLANK = 64
"""Bytes of zeros in a JPEG's data that no encoder writes where zero bits are AC coefficients: whole blocks of −1."""

_BLANK_DC = 512
"""The same where zero bits are DC coefficients: blocks without detail, each darker than the one before."""

_PADDING = b"\x5a" * 4096
"""Bytes inserted before a JPEG's end to see whether its decoder lacks data; a decoder that has all ignores them."""

_HEADERS = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
"""Markers of frames coded as 8×8 blocks; 0xC2 and 0xCA are progressive."""

_MARKER = re.compile(rb"\xff[^\x00\xff]")


def damage(file: Pil.Image, content: bytes) -> tuple[str, ...]:
    """Describe damage of a decoded PNG or JPEG file that its decoder did not report; empty for other formats.

    Args:
        file: The decoded image, as Pillow opened it, before any change.
        content: The bytes of its file.

    Raises:
        ValueError: Pixels are missing, and the decoder filled them in.
    """
    if file.format == "PNG":
        return _png_damage(file, content)
    return _jpeg_damage(file, content) if file.format in ("JPEG", "MPO") else ()


class _Chunk(NamedTuple):
    kind: bytes
    data: memoryview
    sound: bool  # whether its checksum is right


def _png_damage(file: Pil.Image, data: bytes) -> tuple[str, ...]:
    chunks = list(_chunks(data))
    found = dict.fromkeys(
        f"checksum of the PNG's {chunk.kind.decode()} chunk is wrong" for chunk in chunks if not chunk.sound
    )
    if chunks[-1].kind != b"IEND":
        found["PNG is cut off: its last chunk, IEND, is missing"] = None
    header = next(chunk.data for chunk in chunks if chunk.kind == b"IHDR")
    # Pillow leaves rows black that it has no data for; only then is it worth decompressing everything once more.
    if (header[12] or _is_black(file)) and not _holds_all_rows(header, chunks):
        raise ValueError("rows are missing at its end")
    return tuple(found)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    view, position = memoryview(data), 8
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end, kind = position + 8 + length, data[position + 4 : position + 8]
        if end + 4 > len(data) or not kind.isalpha():
            return
        yield _Chunk(kind, view[position + 8 : end], view[end : end + 4] == _crc(view[position + 4 : end]))
        if kind == b"IEND":
            return
        position = end + 4


def _crc(data: memoryview) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def _is_black(file: Pil.Image) -> bool:
    """Whether all samples of the last row are 0."""
    return file.crop((0, file.height - 1, file.width, file.height)).getbbox(alpha_only=False) is None


def _holds_all_rows(header: memoryview, chunks: list[_Chunk]) -> bool:
    """Whether a PNG's data, once decompressed, is as long as its header says."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    expected = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        expected += rows * (1 + -(-columns * depth * _CHANNELS[colour] // 8)) if columns > 0 else 0
    inflate, length = zlib.decompressobj(), 0
    for chunk in chunks:
        rest = bytes(chunk.data) if chunk.kind == b"IDAT" else b""
        while rest and not inflate.eof:
            length += len(inflate.decompress(rest, 1 << 20))
            rest = inflate.unconsumed_tail
    return length + len(inflate.flush()) >= expected


class _Scan(NamedTuple):
    start: int  # of the entropy-coded data, in bytes
    end: int
    components: tuple[tuple[int, int, int], ...]  # id, and ids of the DC and the AC table
    first: int  # coefficient
    last: int
    high: int  # bit sent by the scan before, 0 for the first scan of a coefficient
    low: int  # bit sent by this scan
    restarts: list[int]


@dataclass
class _Jpeg:
    """What the markers of a JPEG say, up to its end."""

    scans: list[_Scan] = field(default_factory=list)
    warnings: dict[str, None] = field(default_factory=dict)
    kind: int = 0  # marker of the frame header
    size: tuple[int, int] = (0, 0)  # height, width
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)  # horizontal and vertical, by component
    shortest: dict[tuple[int, int], int] = field(default_factory=dict)  # symbol of the code of zeros, by table
    interval: int = 0  # MCUs between restart markers, 0 for none


def _jpeg_damage(file: Pil.Image, data: bytes) -> tuple[str, ...]:
    jpeg = _read_markers(data)
    if jpeg.kind in (0xC2, 0xCA) and not _is_complete(jpeg):
        jpeg.warnings["JPEG is incomplete: scans with finer detail are missing"] = None
    # libjpeg fills blocks that it has no data for with mid-grey; colour may be interpolated from blocks above them.
    corner = file.crop((file.width - 1, file.height - 1, file.width, file.height)).convert("L").tobytes()[0]
    if jpeg.scans and 127 <= corner <= 129:
        end = jpeg.scans[-1].end
        with Pil.open(io.BytesIO(data[:end] + _PADDING + data[end:]), formats=["JPEG"]) as longer:
            if ImageChops.difference(file, longer).getbbox() is not None:
                raise ValueError("its data ends too early, the rest was filled with grey")
    return tuple(jpeg.warnings)


def _read_markers(data: bytes) -> _Jpeg:
    jpeg, position = _Jpeg(), 2
    while position + 2 <= len(data):
        if data[position] != 0xFF:
            jpeg.warnings["JPEG has bytes between its segments that belong to none"] = None
            position = data.find(b"\xff", position)
            if position < 0:
                break
        marker = data[position + 1] if position + 1 < len(data) else 0
        if marker == 0xD9:
            return jpeg
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:  # no segment follows
            position += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        segment, position = data[position + 4 : position + 2 + length], position + 2 + length
        if marker == 0xDA:
            position = _read_scan(jpeg, data, segment, position)
        else:
            _read_segment(jpeg, marker, segment)
    jpeg.warnings["JPEG is cut off: its end marker is missing"] = None
    return jpeg


def _read_segment(jpeg: _Jpeg, marker: int, segment: bytes) -> None:
    if marker in _HEADERS:
        jpeg.kind, jpeg.size = marker, struct.unpack_from(">HH", segment, 1)
        parts = (segment[at : at + 3] for at in range(6, 6 + 3 * segment[5], 3))
        jpeg.sampling = {name: (factors >> 4, factors & 15) for name, factors, _ in parts}
    elif marker == 0xC4 and jpeg.kind not in (0xC9, 0xCA):
        while len(segment) > 17:
            jpeg.shortest[segment[0] >> 4, segment[0] & 15] = segment[17]
            segment = segment[17 + sum(segment[1:17]) :]
    elif marker == 0xDD:
        jpeg.interval = int.from_bytes(segment[:2], "big")


def _read_scan(jpeg: _Jpeg, data: bytes, segment: bytes, start: int) -> int:
    """Add a scan, and warnings about it, and return the position of the marker that follows it."""
    restarts, end = [], len(data)
    for found in _MARKER.finditer(data, start):
        if not 0xD0 <= data[found.start() + 1] <= 0xD7:
            end = found.start()
            break
        restarts.append(data[found.start() + 1] - 0xD0)
    parts = (segment[at : at + 2] for at in range(1, 1 + 2 * segment[0], 2))
    components = tuple((name, tables >> 4, tables & 15) for name, tables in parts)
    first, last, bits = segment[1 + 2 * segment[0] :][:3]
    scan = _Scan(start, end, components, first, last, bits >> 4, bits & 15, restarts)
    jpeg.scans.append(scan)
    if jpeg.kind and restarts != [number % 8 for number in range(_restarts(jpeg, scan))]:
        jpeg.warnings["JPEG's restart markers are not those its header announces"] = None
    longest = _longest_blank(jpeg, scan)
    if longest and data.find(bytes(longest), start, end) >= 0:
        jpeg.warnings["JPEG's data has a run of zeros that no encoder writes"] = None
    return end


def _restarts(jpeg: _Jpeg, scan: _Scan) -> int:
    """Expected number of restart markers of a scan."""
    if not jpeg.interval:
        return 0
    widest, highest = (max(factors[axis] for factors in jpeg.sampling.values()) for axis in (0, 1))
    across, down = widest, highest
    (height, width) = jpeg.size
    if len(scan.components) == 1:  # its blocks alone, not the groups of blocks of all components
        own_across, own_down = jpeg.sampling[scan.components[0][0]]
        width, height, across, down = -(-width * own_across // widest), -(-height * own_down // highest), 1, 1
    groups = -(-width // (8 * across)) * -(-height // (8 * down))
    return -(-groups // jpeg.interval) - 1


def _longest_blank(jpeg: _Jpeg, scan: _Scan) -> int:
    """Length of zeros, in bytes, that cannot be a scan's data; 0 if any may be, as in flat areas and refined bits."""
    if scan.high:
        return 0
    ac = [jpeg.shortest.get((1, table), 0) & 15 for _, _, table in scan.components if scan.last]
    dc = [jpeg.shortest.get((0, table), 0) for _, table, _ in scan.components if not scan.first]
    return _BLANK if any(ac) else _BLANK_DC if any(dc) else 0


def _is_complete(jpeg: _Jpeg) -> bool:
    """Whether scans have sent each coefficient of each component down to its last bit."""
    sent: dict[tuple[int, int], int] = {}
    for scan in jpeg.scans:
        for name, _, _ in scan.components:
            sent.update(dict.fromkeys(((name, at) for at in range(scan.first, scan.last + 1)), scan.low))
    return all(sent.get((name, at)) == 0 for name in jpeg.sampling for at in range(64))
