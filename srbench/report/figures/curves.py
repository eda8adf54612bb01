"""Plot of each method's value on each image of a dataset, and its mean."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from srbench.api import MetricInfo
from srbench.report.figures.file import shortened
from srbench.report.figures.tradeoff import style_of

_NAMED = 30
"""Largest number of images that are labelled with their names."""


@style.context("default", after_reset=True)  # ignores the notebook's or user's settings
def draw_curves(
    figures: Mapping[str, Mapping[str, float]], metric: MetricInfo, title: str, methods: Sequence[str] = ()
) -> Figure:
    """Draw a line for each method over the images, worst mean over the methods first, and its mean as a dashed line.

    Args:
        figures: Values by method and image; every method has the same images, at least one.
        metric: The metric of the values.
        title: Dataset, scale and protocol.
        methods: The run's methods in its order, by which each has its colour and mark in all figures.
    """
    order_of = list(methods) or list(figures)
    images = list(next(iter(figures.values())))
    sign = metric.sign
    order = sorted(images, key=lambda image: sign * float(np.mean([values[image] for values in figures.values()])))
    named = len(order) <= _NAMED
    figure = Figure(figsize=(min(max(5.0, 2.5 + 0.28 * len(order)), 11.0), 4.6), layout="constrained")
    axes = figure.add_subplot()
    means = {method: float(np.mean(list(values.values()))) for method, values in figures.items()}
    for index, (method, mean) in enumerate(sorted(means.items(), key=lambda item: -sign * item[1])):
        look = style_of(order_of.index(method))
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
