"""Timings as text for people, at 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import wrap
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
    if not all(timing.steady for timing in timings):
        parts.append("! not steady: percentiles over 20 % of the median apart, or no end to the warm-up")
    where = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in conditions.items() if value is not None)
    return "\n\n".join([*parts, "\n".join(wrap(f"Measured on: {where}.", 80))])


def _speed(timings: Sequence[MethodTiming], style: str) -> Iterator[str]:
    def place(timing: MethodTiming) -> tuple[int, int, int, str]:
        return timing.scale, timing.width * timing.height, timing.width, timing.label

    header = ("method", "N", "ms", "95 %", "p5–p95", "img/s", "MP/s")
    for _, group in groupby(sorted(timings, key=place), key=place):
        rows = sorted(group, key=lambda timing: -timing.images_per_second)
        first = rows[0]
        table = _table(header, [_speed_row(timing) for timing in rows], style)
        yield (
            f"×{first.scale}, LR {first.width}×{first.height}, {first.label}: ms of a call of N images (median,\n"
            f"its 95 % interval, percentiles), images and output megapixels a second{_under(style)}{table}"
        )


def _speed_row(timing: MethodTiming) -> list[str]:
    seconds = timing.seconds
    mark = "" if timing.steady else _MARK
    return [
        timing.method,
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
    header: Sequence[str] = ("method", "LR·N", "params", "GMACs", "load", "MiB", "GPU")
    largest: dict[tuple[str, int], MethodTiming] = {}
    for timing in timings:
        key = timing.method, timing.scale
        if key not in largest or _memory(timing) > _memory(largest[key]):
            largest[key] = timing
    rows = [
        [
            f"{timing.method} ×{timing.scale}",
            f"{timing.width}×{timing.height}·{timing.batch}",
            "" if timing.parameters is None else f"{timing.parameters:,}",
            "" if timing.macs is None else f"{timing.macs / 1e9:.4g}",
            f"{timing.load_seconds * 1000:.3g}",
            f"{timing.peak_process:.0f}",
            "" if timing.peak_device is None else f"{timing.peak_device:.0f}",
        ]
        for timing in largest.values()
    ]
    gpu = any(row[-1] for row in rows)
    if not gpu:
        header, rows = header[:-1], [row[:-1] for row in rows]
    return (
        "Where most memory was taken: learned parameters, multiply–adds of one image,\n"
        f"ms to load, peak MiB of the whole process{' and of the GPU' if gpu else ''}{_under(style)}"
        f"{_table(header, rows, style)}"
    )


def _under(style: str) -> str:
    """Between a table and what stands above it: markdown would take the table for a part of the sentence."""
    return "\n" if style == "simple" else "\n\n"


def _memory(timing: MethodTiming) -> float:
    return timing.peak_process if timing.peak_device is None else timing.peak_device


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], style: str) -> str:
    alignment = ("left", *["right"] * (len(header) - 1))
    return tabulate(rows, header, tablefmt=style, disable_numparse=True, colalign=alignment)
