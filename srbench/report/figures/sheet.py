"""The figure common in papers: the whole image with a box, and each method's result in the box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from srbench.api import Image
from srbench.report.figures.crop import Box
from srbench.report.figures.file import shortened

# Inches.
_CAPTION = 0.36
_GAP = 0.08
_TALL = {1: 1.9, 2: 3.4, 3: 4.6, 4: 5.2}
_WIDEST, _NARROWEST = 4.5, 1.2
_LOWEST = 0.15
_BANNER = 2.5
"""Aspect ratio, width over height, from which crops are stacked vertically."""

_COLOUR = "#e8000b"
_SEEN = 0.015
"""Smallest visible side of a box, as a fraction of the image's longer side."""

_LETTERS_PER_INCH = 14.5
_SHARP = 400
"""Size in pixels to which crops are enlarged by repeating pixels, because printers and viewers would smooth them."""


@style.context("default", after_reset=True)  # ignores the notebook's or user's settings
def draw_sheet(scene: Scene, box: Box) -> Figure:
    """Draw HR with a box on it, and the box of HR and of each result, with PSNR and SSIM of the whole image."""
    panels = 1 + len(scene.results)
    rows = 1 if panels <= 3 else 2 if panels <= 10 else 3
    if box.width >= _BANNER * box.height:
        rows = min(panels, 4)
    columns = math.ceil(panels / rows)
    tall = _TALL[rows]
    picture = min((tall - (rows - 1) * _GAP) / rows - _CAPTION, max(_WIDEST * box.height / box.width, _LOWEST))
    tall = max(rows * (picture + _CAPTION + _GAP) - _GAP, _TALL[1])
    across = min(max(picture * box.width / box.height, _NARROWEST), _WIDEST)
    height, width = scene.truth.shape[1:]
    whole = min(max((tall - _CAPTION) * width / height, _NARROWEST), _WIDEST)
    size = whole + columns * (across + _GAP) + 2 * _GAP, tall + 2 * _GAP
    figure = Figure(figsize=size, facecolor="white")

    def place(left: float, top: float, wide: float, high: float) -> Axes:
        return figure.add_axes((left / size[0], 1 - (top + high) / size[1], wide / size[0], high / size[1]))

    left = place(_GAP, _GAP, whole, tall - _CAPTION)
    left.imshow(_pixels(scene.truth))
    # Minus half a pixel, because coordinates are pixel centres; a tiny box is enlarged to be visible.
    least = max(height, width) * _SEEN
    wide, high = max(box.width, least), max(box.height, least)
    corner = box.left + box.width / 2 - wide / 2 - 0.5, box.top + box.height / 2 - high / 2 - 0.5
    left.add_patch(Rectangle(corner, wide, high, fill=False, edgecolor=_COLOUR, linewidth=1.4))
    _finish(left, [scene.image, scene.rules], whole)
    # Results equal to HR rank first; PSNR values that are equal as printed are tied.
    levels = [math.inf if result.psnr is None else round(result.psnr, 2) for result in scene.results]
    best = max(levels) if len(levels) > 1 else None
    for index, (image, caption, bold) in enumerate(
        [(scene.truth, ["HR", _place(box)], False)]
        + [(result.image, _caption(result), level == best) for result, level in zip(scene.results, levels, strict=True)]
    ):
        row, column = divmod(index, columns)
        start = _GAP + whole + _GAP + column * (across + _GAP), _GAP + row * (picture + _CAPTION + _GAP)
        axes = place(*start, across, picture)
        axes.imshow(_repeated(box.cut(image)), interpolation="none")
        _finish(axes, caption, across, bold=bold)
    return figure


def _caption(result: SceneResult) -> list[str]:
    level = "equal to HR" if result.psnr is None else f"{result.psnr:.2f} dB"
    return [result.method, level if result.ssim is None else f"{level} / {result.ssim:.4f}"]


def _place(box: Box) -> str:
    return f"{box.width}×{box.height} at {box.left}, {box.top}"


def _finish(axes: Axes, lines: Sequence[str], wide: float, *, bold: bool = False) -> None:
    """Remove ticks and add a caption."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_anchor("N")
    for side in axes.spines.values():
        side.set_linewidth(0.4)
    name, *figures = lines  # names are shortened, numbers never
    caption = "\n".join([shortened(name, int(wide * _LETTERS_PER_INCH)), *figures])
    weight = "bold" if bold else "normal"
    axes.set_xlabel(caption, fontsize=7, fontweight=weight, labelpad=2, parse_math=False)


def _pixels(image: Image) -> Image:
    return np.ascontiguousarray(image.transpose(1, 2, 0))


def _repeated(image: Image) -> Image:
    times = max(1, round(_SHARP / max(image.shape[1:])))
    return _pixels(image.repeat(times, axis=1).repeat(times, axis=2))


@dataclass(frozen=True)
class SceneResult:
    """One method's upscaled image and its scores.

    Attributes:
        method: The method's name.
        image: uint8, (3, H, W).
        psnr: PSNR of the whole image under the protocol, in dB; None if the image equals HR.
        ssim: SSIM of the whole image under the protocol; None if the image is too small.
    """

    method: str
    image: Image
    psnr: float | None
    ssim: float | None


@dataclass(frozen=True)
class Scene:
    """HR and the methods' results for one image.

    Attributes:
        image: Dataset and image id, as text.
        rules: Scale and protocol, as text.
        truth: HR as it is compared, uint8, (3, H, W).
        results: Results in the order requested.
        suspicious: Warnings about the results, a line each.
    """

    image: str
    rules: str
    truth: Image
    results: tuple[SceneResult, ...]
    suspicious: tuple[str, ...] = ()
