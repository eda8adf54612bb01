"""Timings as columns of a leaderboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from srbench.timing.methods import MethodTiming

__all__ = ["SPEED_COLUMNS", "WHOLE_COLUMNS", "speed_row"]

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
"""What a run with timings adds: of one image at the first size, and of the batch with the largest throughput. `steady`
is False where the 5th and 95th percentile lie more than 20 % of the median apart, or calls became faster or
slower to the end."""

WHOLE_COLUMNS = ("lr_width", "lr_height", "batch", "parameters", "macs")
"""Those of them that hold whole numbers."""


def speed_row(timings: Mapping[str, Any], method: str, scale: int) -> dict[str, Any]:
    """Of the first size that was timed: one image's latency, and the batch of the largest throughput.

    Args:
        timings: What `run.json` holds of them; perhaps nothing.
        method: Whose.
        scale: Upscaling factor.
    """
    items = [MethodTiming.from_description(item) for item in timings.get("items", ())]
    mine = [item for item in items if (item.method, item.scale) == (method, scale)]
    mine = [item for item in mine if (item.width, item.height) == (mine[0].width, mine[0].height)]
    if not mine:
        return {}
    single, best = mine[0], max(mine, key=lambda item: item.images_per_second)
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
