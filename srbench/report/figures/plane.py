"""Plot of the methods' means of one metric against those of another, such as distortion against perception."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from srbench.errors import RequestError
from srbench.leaderboard import MethodComparison
from srbench.report.figures.tradeoff import PlotAxis, Point, draw_tradeoff


def draw_plane(first: MethodComparison, second: MethodComparison, methods: Sequence[str]) -> tuple[Figure, int]:
    """Draw a point for each method, better to the right and upwards, and the Pareto front.

    Args:
        first: Values of the horizontal axis.
        second: Values of the vertical axis, on the same dataset, scale and protocol.
        methods: The run's methods in its order, by which each has its colour and mark in all figures.

    Returns:
        The figure, and the number of images on which all methods have both values, of which the means are taken.

    Raises:
        RequestError: No image has both values for all methods of both.
    """
    shared = [name for name in first.figures if name in second.figures]
    known = [set(one.figures[name]) for one in (first, second) for name in shared]
    images = sorted(set.intersection(*known)) if known else []
    if not images:
        raise RequestError(f"{first.metric.name} and {second.metric.name}: no image has both; choose another metric")

    def mean(comparison: MethodComparison, method: str) -> float:
        return sum(comparison.figures[method][image] for image in images) / len(images)

    points = [Point(name, mean(first, name), mean(second, name), methods.index(name)) for name in shared]
    figure = draw_tradeoff(points, PlotAxis.of(first.metric), PlotAxis.of(second.metric))
    figure.axes[0].set_title(f"{first.place.title}, {len(images)} images", fontsize=9, parse_math=False)
    return figure, len(images)
