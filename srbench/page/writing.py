"""The page put together: content, pictures, charts and the template, into one file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from srbench.environment import srbench_version
from srbench.errors import OutputError
from srbench.figures.styles import COLOURS, MARKS
from srbench.files import whole_file
from srbench.gallery import TRUTH
from srbench.page.charts import tradeoff
from srbench.page.content import MOST_IMAGES, Content, Group, ImageRow, Run, gather
from srbench.page.pictures import Budget, Pictures, collect_pictures
from srbench.page.tables import Cell, leaderboard_columns, leaderboard_rows
from srbench.significance import Difference

__all__ = ["Written", "render", "write_page"]

_HALF = 118
"""Of a strip's width, in its own units, on either side of the middle."""


@dataclass(frozen=True)
class Written:
    """What became of a page.

    Attributes:
        size: Bytes.
        images: How many are shown.
        cropped: How many of them in part.
        problems: What could not be shown, a line each.
        saved: Whether any images were saved.
    """

    size: int
    images: int
    cropped: int
    problems: tuple[str, ...]
    saved: bool


def write_page(
    folders: Sequence[Path],
    path: Path,
    title: str = "",
    progress: Callable[[int, int], None] = lambda *_: None,
    budget: Budget | None = None,
) -> Written:
    """Write the report page of run folders.

    Args:
        folders: Run folders, finished or not.
        path: Where to; ends in `.html`.
        title: The page's; the folders' names if not said.
        progress: Told of images read, of all.
        budget: How large the pictures may be; see `Budget`.

    Raises:
        RequestError: A folder holds no run.
        OutputError: The file has another suffix, or cannot be written.
        StoreError: A run cannot be read.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"{path}: the report is a page; name the file .html")
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file")
    content = gather(folders)
    pictures = collect_pictures(content.groups, MOST_IMAGES, budget, progress)
    text = render(content, pictures, title or f"srbench: {', '.join(run.name for run in content.runs)}")
    try:
        with whole_file(path) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    return Written(path.stat().st_size, len(pictures.views), pictures.cropped, tuple(pictures.problems), content.saved)


def render(content: Content, pictures: Pictures, title: str) -> str:
    """The page as text.

    Args:
        content: What it says.
        pictures: What it shows.
        title: Its title.
    """
    room = files("srbench.page")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}  # images and methods have an order
    template = environment.from_string(room.joinpath("page.html.j2").read_text(encoding="utf-8"))

    # A method looks the same in every table.
    styles = {
        name: index for index, name in enumerate(dict.fromkeys(n for group in content.groups for n in group.methods))
    }

    def part(name: str) -> Markup:
        """A file of ours, or of a library, that is no template."""
        return Markup(room.joinpath(name).read_text(encoding="utf-8"))  # noqa: S704  # our own

    return template.render(
        title=title,
        version=srbench_version(),
        groups=[_group(index, group, pictures, styles) for index, group in enumerate(content.groups)],
        timed=any("images_per_s" in group.table for group in content.groups),
        pictures=bool(pictures.files),
        saved=content.saved,
        shown=len(pictures.views),
        most=MOST_IMAGES,
        hidden=sum(max(0, len(group.images) - MOST_IMAGES) for group in content.groups),
        cropped=pictures.cropped,
        files=pictures.files,
        remarks=[*content.remarks, *pictures.problems],
        runs=[_run(run) for run in content.runs],
        colours=COLOURS,
        marks=len(MARKS),
        data=_data(content, pictures, styles),
        css=part("page.css"),
        tables_js=part("tables.js"),
        viewer_js=part("viewer.js"),
        slider=part("slider/img-comparison-slider.js"),
        slider_licence=room.joinpath("slider/LICENSE").read_text(encoding="utf-8"),
    )


def _group(index: int, group: Group, pictures: Pictures, styles: Mapping[str, int]) -> dict[str, Any]:
    metric = group.metric
    shown = group.images[:MOST_IMAGES]
    reach = max([_reach(row) for row in shown], default=0.0)
    chart = tradeoff(group, f"chart-{index}", styles)
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
        "chart": chart and Markup(chart[0]),  # noqa: S704  # matplotlib escapes
        "chart_words": chart[1] if chart else "",
        "strips": strips,
        "range": f"{2 * reach:.{metric.decimals}f}",
        "least": group.least,
        "unsteady": "steady" in group.table and bool(group.table["steady"].eq(False).any()),
        "not_compared": group.left_out,
        "pairs": [_pair(pair, metric.decimals) for pair in group.differences],
        "has_pictures": any((index, row.image) in pictures.views for row in shown),
    }


def _reach(row: ImageRow) -> float:
    """The largest distance of a method's figure from the image's mean."""
    values = np.array(list(row.figures.values()))
    return float(np.abs(values - values.mean()).max()) if len(values) else 0.0


def _strip(row: ImageRow, group: Group, reach: float, styles: Mapping[str, int], *, shown: bool) -> dict[str, Any]:
    """An image's row: its figures on a line whose middle is their mean, better to the right."""
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
        "dots": dots[::-1],  # the best on top
    }


def _pair(pair: Difference, digits: int) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "cells": [
            Cell(f"{pair.mean:+.{digits}f}", pair.mean),
            Cell(f"{pair.low:+.{digits}f}…{pair.high:+.{digits}f}", pair.low),
            *(Cell(str(count), count) for count in (pair.wins, pair.ties, pair.losses)),
            Cell(pair.p_text, pair.p),
        ],
    }


_LEFT_OUT = frozenset({"schema", "bases", "trials", "looking", "timings", "refused"})


def _run(run: Run) -> dict[str, Any]:
    """What `run.json` says, for reading: without lists of files, and what is told elsewhere on the page."""
    told = {name: value for name, value in run.told.items() if name not in _LEFT_OUT}
    told["datasets"] = {
        name: {what: value for what, value in data.items() if what not in ("images", "files")}
        | {"images": len(data["images"])}
        for name, data in run.told["datasets"].items()
    }
    if "timings" in run.told:
        told["timing"] = run.told["timings"].get("conditions", {})
    return {
        "name": run.name,
        "version": run.told["srbench"],
        "device": run.told["environment"]["device"],
        "started": run.told["started"],
        "told": told,
    }


def _data(content: Content, pictures: Pictures, styles: Mapping[str, int]) -> Mapping[str, Any]:
    """What the viewer works from; places as left, top, width, height in pixels of the whole image."""
    groups = []
    for index, group in enumerate(content.groups):
        images: list[tuple[str, dict[str, Any]]] = []  # with their order, which objects in a browser do not keep
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
