"""Plot of quality against throughput, with the Pareto front."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import style
from matplotlib.figure import Figure

from srbench.api import MetricInfo
from srbench.report.figures.file import shortened


@dataclass(frozen=True)
class Point:
    """A method: speed in images per second, quality in the metric's unit, and its index for `style_of`."""

    method: str
    speed: float
    quality: float
    style: int


def front(points: Sequence[Point], metric: MetricInfo) -> list[Point]:
    """Return the Pareto front, slowest first: points that no other point dominates in speed and quality."""
    sign = metric.sign
    found: list[Point] = []
    for point in sorted(points, key=lambda point: (-point.speed, -sign * point.quality)):
        if not found or sign * point.quality > sign * found[-1].quality:
            found.append(point)
    return found[::-1]


@style.context("default", after_reset=True)  # ignores the notebook's or user's settings
def draw_tradeoff(points: Sequence[Point], metric: MetricInfo, speed: str, ink: str = "black") -> Figure:
    """Draw a metric over images per second, and the Pareto front as steps.

    Args:
        points: One per method, at least one.
        metric: Metric of the points' quality.
        speed: Conditions of the timing: size, batches, device.
        ink: Colour of everything except the methods.
    """
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    edge = front(points, metric)
    axes.step(
        [point.speed for point in edge],
        [point.quality for point in edge],
        where="pre",
        color=ink,
        linewidth=0.8,
        linestyle="--",
        label="Pareto front",
    )
    for point in points:
        axes.plot(
            [point.speed],
            [point.quality],
            linestyle="none",
            markersize=7,
            label=shortened(point.method, 32),
            gid=f"method-{point.style}",
            **style_of(point.style),
        )
    axes.set_xscale("log")
    axes.set_xlabel(f"images a second {speed}", color=ink, fontsize=8, parse_math=False)
    unit = f" ({metric.unit})" if metric.unit else ""
    axes.set_ylabel(f"{metric.label}{unit}", color=ink, fontsize=8)
    axes.tick_params(which="both", colors=ink, labelsize=7)
    for side in axes.spines.values():
        side.set_color(ink)
    axes.grid(linewidth=0.3, color=ink, alpha=0.4)
    legend = axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), labelcolor=ink, framealpha=0)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")


def style_of(index: int) -> dict[str, Any]:
    """Return a method's colour and marker as matplotlib arguments; 63 indices have distinct ones."""
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKS[index % len(MARKS)]}
