"""Division of an image into overlapping tiles of one size, so that a network's outputs are those of the whole image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from srbench_models.metrics.learned.fields import ReceptiveField

__all__ = ["Tile", "Window", "tiles", "windows"]


class Window(NamedTuple):
    """Part of an axis: pixels that a network is given, and those among them whose outputs are used.

    Attributes:
        start: First pixel given; a multiple of the network's stride.
        stop: End of the pixels given.
        first: First pixel whose outputs are used; a multiple of the stride.
        last: End of the pixels whose outputs are used, a multiple of the stride; None for all to the image's border.
    """

    start: int
    stop: int
    first: int
    last: int | None

    @property
    def pixels(self) -> slice:
        """The pixels given, as indices of the image."""
        return slice(self.start, self.stop)

    def outputs(self, stride: int) -> slice:
        """Return the outputs used, as indices of the window's outputs of this stride."""
        last = None if self.last is None else (self.last - self.start) // stride
        return slice((self.first - self.start) // stride, last)


class Tile(NamedTuple):
    """A rectangle of an image: a window of its rows and one of its columns."""

    rows: Window
    columns: Window


def windows(length: int, number: int, field: ReceptiveField) -> tuple[Window, ...]:
    """Cover an axis with windows of one size, as short as they can be; empty if so many do not fit.

    Every window starts at a multiple of the stride, so that its outputs lie where those of the whole axis lie. Since
    outputs near a cut depend on what is cut off, neighbours share `field.overlap` pixels, and each output is used from
    a window that holds all it depends on. Zero padding therefore reaches a used output only at the axis's real ends.

    Args:
        length: Length of the axis in pixels.
        number: Number of windows.
        field: Receptive field of the network.
    """
    if number == 1:
        return (Window(0, length, 0, None),)
    shift = _shift(length, number, field)
    if shift < number - 1:
        return ()
    size = length - shift * field.stride
    starts = [field.stride * (shift * position // (number - 1)) for position in range(number)]
    edges = [0, *(start + field.before for start in starts[1:]), None]
    return tuple(
        Window(start, start + size, first or 0, last)
        for start, first, last in zip(starts, edges[:-1], edges[1:], strict=True)
    )


def _shift(length: int, number: int, field: ReceptiveField) -> int:
    """Return how many strides the last of so many windows may start after the first; more make the windows shorter.

    With shift q, and no window more than r strides after its neighbour, q ≤ (number - 1)·r. Neighbours share the
    overlap: r·stride ≤ size - overlap, where size = length - q·stride.
    """
    strides = (length - field.overlap) // field.stride
    nearest = strides // number
    return max(0, *(min((number - 1) * step, strides - step) for step in (nearest, nearest + 1)))


@lru_cache(maxsize=64)
def tiles(height: int, width: int, max_pixels: int, field: ReceptiveField) -> tuple[Tile, ...]:
    """Cover an image with tiles of one size, of at most `max_pixels` pixels, that compute the fewest pixels in all.

    If not even the smallest tiles, little more than `field.overlap` on a side, are so small, those are taken.
    """
    _, rows, columns = min(_choices(height, width, max_pixels, field))
    return tuple(Tile(row, column) for row in windows(height, rows, field) for column in windows(width, columns, field))


def _choices(
    height: int, width: int, max_pixels: int, field: ReceptiveField
) -> Iterator[tuple[tuple[bool, int], int, int]]:
    """Yield (too large, pixels computed), number of rows and of columns, for each number of rows the fewest columns."""
    widths = _sizes(width, field)
    for rows, tall in _sizes(height, field).items():
        columns, wide = next((item for item in widths.items() if tall * item[1] <= max_pixels), [*widths.items()][-1])
        yield (tall * wide > max_pixels, tall * wide * rows * columns), rows, columns


def _sizes(length: int, field: ReceptiveField) -> dict[int, int]:
    """Return the sizes of the windows that cover an axis, by their number."""
    shifts = {number: _shift(length, number, field) for number in range(2, length // field.stride)}
    return {1: length} | {number: length - q * field.stride for number, q in shifts.items() if q >= number - 1}
