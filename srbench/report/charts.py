"""Charts as inline SVG in the page's colours, with unique ids."""

import io
import re
from collections.abc import Mapping

import pandas as pd
from matplotlib import rc_context, style
from matplotlib.figure import Figure

from srbench.report.content import Group
from srbench.report.figures.tradeoff import Point, draw_tradeoff, front
from srbench.report.tables import significant

_INK = "#010203"
"""Placeholder for the page's text colour while a chart is drawn."""

_PLACE = ["lr_width", "lr_height", "device", "timed_in"]


def tradeoff(group: Group, name: str, styles: Mapping[str, int]) -> tuple[str, str] | None:
    """Draw quality against throughput; return SVG and description, or None for fewer than two comparable timings.

    Args:
        group: Rows to draw.
        name: Prefix of the chart's ids.
        styles: Index of each method's colour and marker (see `style_of`), by name.
    """
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
    points = [
        Point(str(method), float(speed), float(quality), styles[method])
        for method, speed, quality in rows[["method", "images_per_s", metric.name]].to_numpy()
    ]
    first = rows.iloc[0]
    where = f"of {first['lr_width']}×{first['lr_height']} LR pixels, {first['timed_in']}, {_short(first['device'])}"
    chart = inline(draw_tradeoff(points, metric, f"({where})", _INK), name)
    edge = ", ".join(f"{point.method} ({significant(point.speed)} images/s)" for point in front(points, metric))
    words = f"On the Pareto front, slowest first: {edge}."
    left_out = len(group.table) - len(rows)
    if left_out:
        rest = "a row that was" if left_out == 1 else f"{left_out} rows that were"
        words += f" Not drawn: {rest} not timed, or not under the same conditions."
    return chart, words


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
