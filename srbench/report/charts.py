"""Charts as inline SVG in the page's colours, with unique ids."""

import io
import re
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from matplotlib import rc_context, style
from matplotlib.figure import Figure

from srbench.report.content import Group
from srbench.report.figures.tradeoff import PlotAxis, Point, draw_tradeoff, front
from srbench.report.tables import significant

_INK = "#010203"
"""Placeholder for the page's text colour while a chart is drawn."""

_PLACE = ["lr_width", "lr_height", "device", "timed_in"]


class Chart(NamedTuple):
    """A chart of the page: heading, SVG, and the words below it."""

    heading: str
    svg: str
    words: str


def charts(group: Group, name: str, styles: Mapping[str, int]) -> list[Chart]:
    """Draw the charts of a group that at least two of its rows have the figures for.

    Args:
        group: Rows to draw.
        name: Prefix of the charts' ids.
        styles: Index of each method's colour and marker (see `style_of`), by name.
    """
    return [chart for chart in (_speed(group, name, styles), _plane(group, f"{name}-plane", styles)) if chart]


def _speed(group: Group, name: str, styles: Mapping[str, int]) -> Chart | None:
    """Quality against throughput."""
    table, metric = group.table, group.metric
    if "images_per_s" not in table:
        return None
    timed = table[table["images_per_s"].notna() & table[metric.name].notna()]
    if len(timed) < 2:
        return None
    # Timings of different sizes or devices cannot be compared: the largest comparable set is drawn.
    _, rows = max(timed.groupby(_PLACE, sort=False, dropna=False), key=lambda item: len(item[1]))
    if len(rows) < 2:
        return None
    points = _points(rows, "images_per_s", metric.name, styles)
    first = rows.iloc[0]
    where = f"of {first['lr_width']}×{first['lr_height']} LR pixels, {first['timed_in']}, {_short(first['device'])}"
    x, y = PlotAxis(f"images a second ({where})", 1, logarithmic=True), PlotAxis.of(metric)
    edge = ", ".join(f"{point.method} ({significant(point.x)} images/s)" for point in front(points, x, y))
    words = f"On the Pareto front, slowest first: {edge}."
    if left_out := len(group.table) - len(rows):
        rest = "a row that was" if left_out == 1 else f"{left_out} rows that were"
        words += f" Not drawn: {rest} not timed, or not under the same conditions."
    return Chart("Quality against throughput", inline(draw_tradeoff(points, x, y, _INK), name), words)


def _plane(group: Group, name: str, styles: Mapping[str, int]) -> Chart | None:
    """Distortion against perception: the first metric of each kind."""
    table, metrics = group.table, group.metrics.values()
    metric = next((one for one in metrics if one.looks_at == "scored" and not one.perceptual), None)
    other = next((one for one in metrics if one.perceptual), None)
    if metric is None or other is None:
        return None
    rows = table[table[metric.name].notna() & table[other.name].notna()]
    if len(rows) < 2:
        return None
    points = _points(rows, metric.name, other.name, styles)
    x, y = PlotAxis.of(metric), PlotAxis.of(other)
    edge = ", ".join(
        f"{point.method} ({point.x:.{metric.decimals}f}, {point.y:.{other.decimals}f})" for point in front(points, x, y)
    )
    words = f"Better is to the right ({metric.label}) and upwards ({other.label}). On the Pareto front: {edge}."
    return Chart("Distortion against perception", inline(draw_tradeoff(points, x, y, _INK), name), words)


def _points(rows: pd.DataFrame, x: str, y: str, styles: Mapping[str, int]) -> list[Point]:
    return [
        Point(str(method), float(first), float(second), styles[method])
        for method, first, second in rows[["method", x, y]].to_numpy()
    ]


def _short(device: object) -> str:
    return "" if pd.isna(device) else str(device)  # type: ignore[call-overload]  # a cell is any scalar


def inline(figure: Figure, name: str) -> str:
    """Return a figure as an `svg` element whose ids begin with `name`, in the surrounding text's colour for `_INK`."""
    buffer = io.StringIO()
    with style.context("default", after_reset=True), rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text.replace(_INK, "currentColor")
    # The page sets the size; the viewBox keeps the aspect ratio.
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r'\1 aria-hidden="true"', text, count=1)
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\1{name}-", text)
