"""The report page, and figures for papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from srbench.report.figures.crop import Box, contrasted, most_different, read_box
    from srbench.report.figures.curves import draw_curves
    from srbench.report.figures.file import Drawing, check_suffix, write_figure
    from srbench.report.figures.sheet import Scene, SceneResult, draw_sheet
    from srbench.report.page import write_page
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "figures.crop": ["Box", "contrasted", "most_different", "read_box"],
            "figures.curves": ["draw_curves"],
            "figures.file": ["Drawing", "check_suffix", "write_figure"],
            "figures.sheet": ["Scene", "SceneResult", "draw_sheet"],
            "page": ["write_page"],
        },
    )

__all__ = [
    "Box",
    "Drawing",
    "Scene",
    "SceneResult",
    "check_suffix",
    "contrasted",
    "draw_curves",
    "draw_sheet",
    "most_different",
    "read_box",
    "write_figure",
    "write_page",
]
