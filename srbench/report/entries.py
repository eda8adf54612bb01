"""Values for the page's template, of each group, image and run."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from srbench.api import TRUTH
from srbench.leaderboard import Difference
from srbench.report.charts import charts
from srbench.report.content import MOST_IMAGES, Content, Group, ImageRow
from srbench.report.pictures import Pictures
from srbench.report.tables import TableCell, leaderboard_columns, leaderboard_rows
from srbench.runs import Run

_HALF = 118
"""Half of a strip's usable width, in the units of its viewBox."""


def group_entry(index: int, group: Group, pictures: Pictures, styles: Mapping[str, int]) -> dict[str, Any]:
    """Return the template's values of a group: table, charts and compared pairs of methods."""
    metric = group.metric
    shown = group.images[:MOST_IMAGES]
    reach = max([_reach(row) for row in shown], default=0.0)
    strips = [
        _strip(row, group, reach, styles, shown=(index, row.image) in pictures.views)
        for row in shown
        if len(row.figures) > 1
    ]
    return {
        "index": index,
        "title": group.title,
        "protocol": group.protocol,
        "hash": group.protocol_hash,
        "metric": metric.label,
        "unit": metric.short_unit,
        "columns": leaderboard_columns(group),
        "rows": [
            {"method": method, "style": styles[method], "cells": cells}
            for method, cells in zip(group.methods, leaderboard_rows(group), strict=True)
        ],
        "sorted_by": metric.name,
        "direction": "descending" if metric.higher_is_better else "ascending",
        "too_few": group.too_few,
        "letters": bool(group.table["rank_group"].ne("").any()),
        "count": len(group.images),
        "left_out": len(shown) < len(group.images),
        "charts": [
            {"heading": chart.heading, "svg": Markup(chart.svg), "words": chart.words}  # noqa: S704  # matplotlib escapes
            for chart in charts(group, f"chart-{index}", styles)
        ],
        "strips": strips,
        "range": f"{2 * reach:.{metric.decimals}f}",
        "least": group.least,
        "unsteady": "steady" in group.table and bool(group.table["steady"].eq(False).any()),
        "not_compared": group.left_out,
        "pairs": [_pair(pair, metric.decimals) for pair in group.differences],
        "has_pictures": any((index, row.image) in pictures.views for row in shown),
    }


def _reach(row: ImageRow) -> float:
    """Return the largest distance of any method's value on one image from the mean of all methods' values."""
    values = np.array(list(row.figures.values()))
    return float(np.abs(values - values.mean()).max()) if len(values) else 0.0


def _strip(row: ImageRow, group: Group, reach: float, styles: Mapping[str, int], *, shown: bool) -> dict[str, Any]:
    """Return the template's values of one image: a dot per method on a line around the mean, better to the right."""
    digits, sign = group.metric.decimals, 1 if group.metric.higher_is_better else -1
    mean = math.fsum(row.figures.values()) / len(row.figures)
    dots = [
        {
            "method": method,
            "style": styles[method],
            "x": f"{128 + (sign * (value - mean) / reach * _HALF if reach else 0):.1f}",
        }
        for method, value in row.figures.items()
    ]
    return {
        "image": row.image,
        "shown": shown,
        "spread": f"{row.spread:.{digits}f}",
        "spread_value": row.spread,
        "mean": f"{mean:.{digits}f}",
        "mean_value": mean,
        "best": row.best,
        "words": ", ".join(f"{method} {value:.{digits}f}" for method, value in row.figures.items()),
        "dots": dots[::-1],  # the best is drawn last, on top
    }


def _pair(pair: Difference, digits: int) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "cells": [
            TableCell(f"{pair.mean:+.{digits}f}", pair.mean),
            _interval(pair, digits),
            *(TableCell(str(count), count) for count in (pair.wins, pair.ties, pair.losses)),
            TableCell(pair.p_text, pair.p),
        ],
    }


def _interval(pair: Difference, digits: int) -> TableCell:
    if pair.low is None or pair.high is None:
        return TableCell("", None)
    return TableCell(f"{pair.low:+.{digits}f}…{pair.high:+.{digits}f}", pair.low)


_LEFT_OUT = {"schema_version", "bases", "read", "trials", "classifier_cost", "timings", "refused"}


def run_entry(run: Run) -> dict[str, Any]:
    """Return the values of `run.json`, without lists of files and without values shown elsewhere on the page."""
    about = run.description
    described = about.model_dump(mode="json", exclude=_LEFT_OUT)
    described["datasets"] = {
        name: {"sha256": data.sha256, "labels_sha256": data.labels_sha256, "images": len(data.images)}
        for name, data in about.datasets.items()
    }
    if about.timings is not None:
        described["timing"] = about.timings.conditions
    return {
        "name": run.label,
        "version": about.srbench,
        "device": about.environment.device,
        "started": about.started,
        "told": described,
    }


def viewer_data(content: Content, pictures: Pictures, styles: Mapping[str, int]) -> Mapping[str, Any]:
    """Return the data of the page's image viewer; boxes are left, top, width, height in pixels of the whole image."""
    groups = []
    for index, group in enumerate(content.groups):
        images: list[tuple[str, dict[str, Any]]] = []  # a list, because objects in a browser do not keep their order
        for row in group.images[:MOST_IMAGES]:
            view = pictures.views.get((index, row.image))
            if view is not None:
                order = [name for name in (TRUTH, *group.methods) if name in view.pictures]
                entry = {
                    "size": view.size[::-1],
                    "box": [view.box.left, view.box.top, view.box.width, view.box.height],
                    "spot": view.spots[0].width,
                    "spots": [[spot.left, spot.top, spot.width, spot.height] for spot in view.spots],
                    "pictures": {name: view.pictures[name] for name in order},
                    "figures": dict(row.figures),
                }
                images.append((row.image, entry))
        metric = {"name": group.metric.name, "unit": group.metric.unit, "digits": group.metric.decimals}
        groups.append({"metric": metric, "styles": {name: styles[name] for name in group.methods}, "images": images})
    return {"groups": groups}
