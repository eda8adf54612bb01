"""A run that came to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.api import Inference
from srbench.errors import RequestError
from srbench.leaderboard import build_attribute_table, build_table, notes_of, records_frame, to_html
from srbench.runs import Cell, Plan, Record

if TYPE_CHECKING:
    import pandas as pd

    from srbench.report import Drawing

__all__ = ["RunResult"]


@dataclass(frozen=True)
class RunResult:
    """A run that came to its end.

    Attributes:
        description: What `run.json` holds.
        items: The current record of every image of every cell.
        folder: The run folder; None for a run in memory.
        reused: How many records were finished before.
        plan: What was run.
        inference: On what device, in what precision.
    """

    description: Mapping[str, Any] = field(repr=False)
    items: tuple[Record, ...] = field(repr=False)
    folder: Path | None
    reused: int = 0
    plan: Plan | None = field(default=None, repr=False)
    inference: Inference = field(default_factory=Inference, repr=False)

    @property
    def leaderboard(self) -> pd.DataFrame:
        """A row per cell, best first within each dataset, scale and protocol."""
        return self._table.copy()  # a caller may change its own

    @cached_property
    def _table(self) -> pd.DataFrame:
        return build_table(self.description, self.items)

    @property
    def attributes(self) -> pd.DataFrame:
        """A row per cell, classifier and attribute, of datasets that are labelled with attributes."""
        return build_attribute_table(self.description, self.items)

    @property
    def records(self) -> pd.DataFrame:
        """A row per image and cell."""
        return records_frame(self.items)

    @cached_property
    def notes(self) -> list[str]:
        """Refused cells, failures, undefined metrics, suspicious results."""
        return notes_of(self.description, self.items)

    def show(
        self,
        image: str,
        methods: str | Sequence[str] = (),
        *,
        crop: str | Sequence[int] = "auto",
        scale: int | None = None,
        protocol: str = "",
    ) -> Drawing:
        """Upscale one image again, and draw it: whole, and a crop of HR and of each method's result.

        Args:
            image: Its id; `dataset/id` where the run has several datasets.
            methods: Names of the run's methods; all if none are given.
            crop: `auto`, where the methods differ most, or `x,y,w,h` in HR pixels, also as four numbers.
            scale: The run's first if not said.
            protocol: Likewise.

        Returns:
            What a notebook shows; `.save("figure.pdf")` writes it, `.figure` is matplotlib's.

        Raises:
            RequestError: The run has no such image, method, factor or protocol, or the crop lies outside.
            SRBenchError: The image cannot be read, or a method fails.
        """
        from srbench.harness.show import find_box, make_scene  # here, because measuring needs no matplotlib
        from srbench.report import Drawing, draw_sheet

        if self.plan is None:
            raise RequestError("this result comes from another process; run the methods again to show them")
        cells = self.plan.chosen(image, (methods,) if isinstance(methods, str) else methods, scale, protocol)
        place = cells[0]
        name = image.removeprefix(f"{place.dataset.name}/")
        upscalers = [(cell.method, self._used(cell)) for cell in cells]
        lr = self.plan.request.lr
        scene = make_scene(upscalers, place.dataset, name, place.scale, place.protocol, lr)
        wanted = crop if isinstance(crop, str) else ",".join(map(str, crop))
        return Drawing(draw_sheet(scene, find_box(scene, wanted)))

    def _used(self, cell: Cell) -> Inference:
        """How a cell's method ran: under `--precision auto` as its trial found."""
        for trial in self.description.get("trials", ()):
            if (trial["method"], trial["dataset"], trial["scale"]) == (cell.method.name, cell.dataset.name, cell.scale):
                return replace(self.inference, precision=trial["precision"])
        return self.inference

    def __getstate__(self) -> dict[str, Any]:
        """All but the plan, which may hold anyone's functions: a result of another process cannot `show`."""
        return self.__dict__ | {"plan": None}

    def _repr_html_(self) -> str:
        return to_html(self.leaderboard, self.notes)

    @property
    def failed(self) -> int:
        """Records that failed."""
        return sum(record.status == "failed" for record in self.items)

    @property
    def untimed(self) -> int:
        """Timings that were asked for and failed."""
        return len(self.description.get("timings", {}).get("failed", ()))
