"""Timings as columns of a leaderboard, and as printed tables."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

import pandas as pd

from srbench.api import MethodTiming
from srbench.leaderboard.grid import grid, markdown_text

SPEED_COLUMNS = (
    "lr_width",
    "lr_height",
    "timed_in",
    "latency_ms",
    "latency_low_ms",
    "latency_high_ms",
    "latency_p5_ms",
    "latency_p95_ms",
    "steady",
    "images_per_s",
    "output_mp_per_s",
    "batch",
    "peak_process_mib",
    "peak_device_mib",
    "parameters",
    "macs",
    "load_ms",
)
"""Columns of runs with timings: one image at the first size, and the batch with the largest throughput. `steady` is
False if the 5th and 95th percentiles differ by over 20 % of the median, or calls became faster or slower over time."""

WHOLE_COLUMNS = ("lr_width", "lr_height", "batch", "parameters", "macs")
"""Columns of integers among `SPEED_COLUMNS`."""


def speed_row(timings: Sequence[MethodTiming], method: str, scale: int) -> dict[str, Any]:
    """Return a method's `SPEED_COLUMNS` from a run's timings; empty if the method was not timed."""
    timed = [item for item in timings if (item.method, item.scale) == (method, scale)]
    timed = [item for item in timed if (item.width, item.height) == (timed[0].width, timed[0].height)]
    if not timed:
        return {}
    single, best = timed[0], max(timed, key=lambda item: item.images_per_second)
    seconds = single.seconds
    return {
        "lr_width": single.width,
        "lr_height": single.height,
        "timed_in": single.label,
        "latency_ms": seconds.median * 1000,
        "latency_low_ms": seconds.low * 1000,
        "latency_high_ms": seconds.high * 1000,
        "latency_p5_ms": seconds.p5 * 1000,
        "latency_p95_ms": seconds.p95 * 1000,
        "steady": single.steady and best.steady,
        "images_per_s": best.images_per_second,
        "output_mp_per_s": best.megapixels_per_second,
        "batch": best.batch,
        "peak_process_mib": single.peak_process,
        "peak_device_mib": single.peak_device,
        "parameters": single.parameters,
        "macs": single.macs,
        "load_ms": single.load_seconds * 1000,
    }


_MARK = " !"


def timings_text(timings: Sequence[MethodTiming], conditions: Mapping[str, Any], style: str = "simple") -> str:
    """Return tables of speed by size and scale, then of parameters and memory, in one of tabulate's formats."""
    parts = [*_speed(timings, style), _needs(timings, style)]
    if not all(timing.steady for timing in timings):
        parts.append(
            "! not steady: percentiles over 20 % of the median apart, or calls became faster or\nslower to the end"
        )
    where = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in conditions.items() if value is not None)
    measured = markdown_text(where) if style == "github" else where
    return "\n\n".join([*parts, "\n".join(wrap(f"Measured on: {measured}.", 80))])


def speed_blocks(table: pd.DataFrame) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Yield heading, column names and cells of a speed table for each scale and size, fastest method first."""
    if "latency_ms" not in table or not table["latency_ms"].notna().any():
        return
    place = ["scale", "lr_width", "lr_height"]
    timed = table[table["latency_ms"].notna()].drop_duplicates(["method", *place, "latency_ms", "device"])
    header = ["method", "ms", "95 %", "N", "images/s", "GMACs", "MiB"]
    for (scale, width, height), rows in timed.groupby(place, sort=False):
        body = [
            [
                f"{row['method']}, {row['timed_in']}",
                f"{short(row['latency_ms'])}{'' if row['steady'] else ' !'}",
                f"{short(row['latency_low_ms'])}–{short(row['latency_high_ms'])}",
                str(row["batch"]),
                short(row["images_per_s"]),
                "" if pd.isna(row["macs"]) else f"{row['macs'] / 1e9:.4g}",
                f"{row['peak_process_mib']:.0f}",
            ]
            for _, row in rows.sort_values("latency_ms").iterrows()
        ]
        unsteady = "" if rows["steady"].all() else "; !: not steady"
        heading = f"speed ×{scale}, LR {width}×{height}: ms of one image, images/s in calls of N{unsteady}"
        yield heading, header, body


def _speed(timings: Sequence[MethodTiming], style: str) -> Iterator[str]:
    def place(timing: MethodTiming) -> tuple[int, int, int, str]:
        return timing.scale, timing.width * timing.height, timing.width, timing.label

    header = ("method", "N", "ms", "95 %", "p5–p95", "img/s", "MP/s")
    for _, group in groupby(sorted(timings, key=place), key=place):
        rows = sorted(group, key=lambda timing: -timing.images_per_second)
        first = rows[0]
        table = grid(header, [_speed_row(timing) for timing in rows], style)
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
        f"{short(seconds.median * 1000)}{mark}",
        f"{short(seconds.low * 1000)}–{short(seconds.high * 1000)}",
        f"{short(seconds.p5 * 1000)}–{short(seconds.p95 * 1000)}",
        short(timing.images_per_second),
        short(timing.megapixels_per_second),
    ]


def short(value: float) -> str:
    """Format a number with three significant digits, or with all digits before the point if there are more."""
    return f"{value:.3g}" if value < 999.5 else f"{value:.0f}"


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
            short(timing.load_seconds * 1000),
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
        f"{grid(header, rows, style)}"
    )


def _under(style: str) -> str:
    """Separator between text and table: markdown needs a blank line, else the table becomes part of the paragraph."""
    return "\n" if style == "simple" else "\n\n"


def _memory(timing: MethodTiming) -> float:
    return timing.peak_process if timing.peak_device is None else timing.peak_device
