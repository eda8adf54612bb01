"""Timings as text for people, at 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tabulate import tabulate

from srbench.timing.methods import MethodTiming

__all__ = ["timings_text"]

_MARK = " !"


def timings_text(timings: Sequence[MethodTiming], conditions: Mapping[str, Any], style: str = "simple") -> str:
    """Speed by size and scale, then what the methods need.

    Args:
        timings: In any order.
        conditions: Of `srbench.timing.conditions`.
        style: tabulate's name of a format.
    """
    parts = [*_speed(timings, style), _needs(timings, style)]
    if not all(timing.seconds.steady for timing in timings):
        parts.append("! 5th and 95th percentile lie more than 20 % of the median apart: the machine was not quiet")
    where = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in conditions.items() if value is not None)
    return "\n\n".join([*parts, f"Measured on: {where}."])


def _speed(timings: Sequence[MethodTiming], style: str) -> Iterator[str]:
    def place(timing: MethodTiming) -> tuple[int, int, int]:
        return timing.scale, timing.width * timing.height, timing.width

    header = ("method", "batch", "ms", "of median", "p5 to p95", "images/s", "MP/s")
    for _, group in groupby(sorted(timings, key=place), key=place):
        rows = sorted(group, key=lambda timing: -timing.images_per_second)
        first = rows[0]
        yield (
            f"×{first.scale}, LR {first.width}×{first.height}; ms a call: median, its 95 % interval, percentiles; "
            f"MP of output\n{_table(header, [_speed_row(timing) for timing in rows], style)}"
        )


def _speed_row(timing: MethodTiming) -> list[str]:
    seconds = timing.seconds
    mark = "" if seconds.steady else _MARK
    return [
        f"{timing.method}, {timing.precision}",
        str(timing.batch),
        f"{_ms(seconds.median)}{mark}",
        f"{_ms(seconds.low)}–{_ms(seconds.high)}",
        f"{_ms(seconds.p5)}–{_ms(seconds.p95)}",
        f"{timing.images_per_second:.3g}",
        f"{timing.megapixels_per_second:.3g}",
    ]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g}" if seconds < 1 else f"{seconds * 1000:.0f}"


def _needs(timings: Sequence[MethodTiming], style: str) -> str:
    header = ("method", "parameters", "GMACs", "load ms", "process MiB", "device MiB")
    largest: dict[tuple[str, str, int], MethodTiming] = {}
    for timing in timings:
        key = timing.method, timing.precision, timing.scale
        if key not in largest or timing.peak_process > largest[key].peak_process:
            largest[key] = timing
    rows = [
        [
            f"{timing.method}, {timing.precision} ×{timing.scale}",
            "" if timing.parameters is None else f"{timing.parameters:,}",
            "" if timing.macs is None else f"{timing.macs / 1e9:.4g}",
            f"{timing.load_seconds * 1000:.3g}",
            f"{timing.peak_process:.0f}",
            "" if timing.peak_device is None else f"{timing.peak_device:.0f}",
        ]
        for timing in largest.values()
    ]
    return (
        "At the size that took most memory: multiply–adds of one image, peak of the whole process\n"
        f"{_table(header, rows, style)}"
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], style: str) -> str:
    alignment = ("left", *["right"] * (len(header) - 1))
    return tabulate(rows, header, tablefmt=style, disable_numparse=True, colalign=alignment)
