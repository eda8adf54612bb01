"""Plots of one figure of methods against another: quality against throughput, distortion against perception."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import style
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from srbench.api import MetricInfo
from srbench.report.figures.file import shortened


@dataclass(frozen=True)
class PlotAxis:
    """An axis: its label, 1 if larger values are better, else -1, and whether it is logarithmic."""

    label: str
    sign: int
    logarithmic: bool = False

    @staticmethod
    def of(metric: MetricInfo) -> "PlotAxis":
        """Return the axis of a metric."""
        return PlotAxis(f"{metric.label}{f' ({metric.unit})' if metric.unit else ''}", metric.sign)


@dataclass(frozen=True)
class Point:
    """A method, its figures on both axes, and its index for `style_of`."""

    method: str
    x: float
    y: float
    style: int


def front(points: Sequence[Point], x: PlotAxis, y: PlotAxis) -> list[Point]:
    """Return the Pareto front, worst x first: points that no other point dominates in both figures."""
    found: list[Point] = []
    for point in sorted(points, key=lambda point: (-x.sign * point.x, -y.sign * point.y)):
        if not found or y.sign * point.y > y.sign * found[-1].y:
            found.append(point)
    return found[::-1]


@style.context("default", after_reset=True)  # ignores the notebook's or user's settings
def draw_tradeoff(points: Sequence[Point], x: PlotAxis, y: PlotAxis, ink: str = "black") -> Figure:
    """Draw one figure of methods against another, better to the right and upwards, and the Pareto front as steps.

    Args:
        points: One per method, at least one.
        x: Horizontal axis.
        y: Vertical axis.
        ink: Colour of everything except the methods.
    """
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    edge = front(points, x, y)
    axes.step(
        [point.x for point in edge],
        [point.y for point in edge],
        where="pre",
        color=ink,
        linewidth=0.8,
        linestyle="--",
        label="Pareto front",
    )
    for point in points:
        axes.plot(
            [point.x],
            [point.y],
            linestyle="none",
            markersize=7,
            label=shortened(point.method, 32),
            gid=f"method-{point.style}",
            **style_of(point.style),
        )
    if x.logarithmic:
        axes.set_xscale("log")
    _orient(axes.xaxis, x, "→", ink)
    _orient(axes.yaxis, y, "↑", ink)
    axes.tick_params(which="both", colors=ink, labelsize=7)
    for side in axes.spines.values():
        side.set_color(ink)
    axes.grid(linewidth=0.3, color=ink, alpha=0.4)
    legend = axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), labelcolor=ink, framealpha=0)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _orient(axis: Axis, plotted: PlotAxis, arrow: str, ink: str) -> None:
    """Label an axis, and turn it so that its better end is where the arrow points."""
    axis.set_inverted(plotted.sign < 0)
    axis.set_label_text(f"{plotted.label}, better {arrow}", color=ink, fontsize=8, parse_math=False)


COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")


def style_of(index: int) -> dict[str, Any]:
    """Return a method's colour and marker as matplotlib arguments; 63 indices have distinct ones."""
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKS[index % len(MARKS)]}
