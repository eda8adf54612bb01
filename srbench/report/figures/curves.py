"""A dataset's images in order: each method's figure on each of them, and its mean."""

from collections.abc import Mapping

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from srbench.api import MetricInfo
from srbench.report.figures.file import shortened
from srbench.report.figures.tradeoff import style_of

_NAMED = 30
"""Images have their names below where there are no more."""


@style.context("default", after_reset=True)  # whatever the notebook or the user has set
def draw_curves(figures: Mapping[str, Mapping[str, float]], metric: MetricInfo, title: str) -> Figure:
    """Draw a line for each method over the images, and its mean as a dashed one.

    Images are sorted by their mean over the methods, the worst first.

    Args:
        figures: By method and image; every method has the same images, and at least one.
        metric: What they are.
        title: Dataset, factor and protocol.
    """
    images = list(next(iter(figures.values())))
    sign = metric.sign
    order = sorted(images, key=lambda image: sign * float(np.mean([values[image] for values in figures.values()])))
    named = len(order) <= _NAMED
    figure = Figure(figsize=(min(max(5.0, 2.5 + 0.28 * len(order)), 11.0), 4.6), layout="constrained")
    axes = figure.add_subplot()
    means = {method: float(np.mean(list(values.values()))) for method, values in figures.items()}
    for index, (method, mean) in enumerate(sorted(means.items(), key=lambda item: -sign * item[1])):
        look = style_of(list(figures).index(method))
        label = f"{shortened(method, 32)}  {mean:.{metric.decimals}f}"
        values = [figures[method][image] for image in order]
        axes.plot(values, label=label, markersize=4 if named else 2.5, linewidth=1, zorder=50 - index, **look)
        axes.axhline(mean, color=look["color"], linewidth=0.8, linestyle="--", zorder=1)
    unit = f" ({metric.unit})" if metric.unit else ""
    axes.set_ylabel(f"{metric.label}{unit}")
    axes.set_title(title, fontsize=9, parse_math=False)
    if named:
        labels = [shortened(image, 24) for image in order]
        axes.set_xticks(range(len(order)), labels, rotation=90 if len(order) > 6 else 0, fontsize=7, parse_math=False)
    else:
        axes.set_xlabel(f"{len(order)} images, the hardest first")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", linewidth=0.3)
    axes.margins(x=0.02)
    legend = axes.legend(fontsize=7, title="mean, dashed", title_fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure
