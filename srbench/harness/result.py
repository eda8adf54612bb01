"""A run that came to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.api import Inference
from srbench.errors import RequestError
from srbench.leaderboard import Leaderboard, build_attribute_table, collected, records_frame, to_html
from srbench.runs import Cell, Plan, Record, Run, RunDescription

if TYPE_CHECKING:
    import pandas as pd

    from srbench.report import Drawing

__all__ = ["RunResult"]


@dataclass(frozen=True)
class RunResult:
    """A run that came to its end.

    Attributes:
        run: Its description and records.
        reused: How many records were finished before.
        plan: The cells.
        inference: Device, precision and runtime.
    """

    run: Run = field(repr=False)
    reused: int = 0
    plan: Plan | None = field(default=None, repr=False)
    inference: Inference = field(default_factory=Inference, repr=False)

    @property
    def description(self) -> RunDescription:
        """What `run.json` holds."""
        return self.run.description

    @property
    def items(self) -> tuple[Record, ...]:
        """The current record of every image of every cell."""
        return self.run.records

    @property
    def folder(self) -> Path | None:
        """The run folder; None for a run in memory."""
        return self.run.folder

    @cached_property
    def board(self) -> Leaderboard:
        """The leaderboard with how its metrics are read, and its notes."""
        return collected([self.run])

    @property
    def leaderboard(self) -> pd.DataFrame:
        """A row per cell, best first within each dataset, scale and protocol."""
        return self.board.table.copy()  # a caller may change its own

    @property
    def notes(self) -> list[str]:
        """Refused cells, failures, undefined metrics, suspicious results."""
        return list(self.board.notes)

    @property
    def attributes(self) -> pd.DataFrame:
        """A row per cell, classifier and attribute, of datasets that are labelled with attributes."""
        return build_attribute_table(self.run)

    @property
    def records(self) -> pd.DataFrame:
        """A row per image and cell."""
        return records_frame(self.items)

    @property
    def failed(self) -> int:
        """How many records failed."""
        return sum(record.status == "failed" for record in self.items)

    @property
    def untimed(self) -> int:
        """How many timings that were asked for failed."""
        timings = self.description.timings
        return 0 if timings is None else len(timings.failed)

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
            image: Its id; `dataset/id` if the run has several datasets.
            methods: Names of the run's methods; all by default.
            crop: `auto`, where the methods differ most, or `x,y,w,h` in HR pixels, also as four numbers.
            scale: The run's first by default.
            protocol: The run's first by default.

        Returns:
            What a notebook shows; `.save("figure.pdf")` writes it, `.figure` is matplotlib's.

        Raises:
            RequestError: The run has no such image, method, scale or protocol, or the crop lies outside the image.
            SRBenchError: The image cannot be read, or a method fails.
        """
        from srbench.harness.show import chosen_cells, find_box, make_scene
        from srbench.report import Drawing, draw_sheet  # here, because measuring needs no matplotlib

        if self.plan is None:
            raise RequestError("this result comes from another process; run the methods again to show them")
        names = (methods,) if isinstance(methods, str) else methods
        cells = chosen_cells(self.plan, image, names, scale, protocol)
        place = cells[0]
        name = image.removeprefix(f"{place.dataset.name}/")
        upscalers = [(cell.method, self._used(cell)) for cell in cells]
        lr = self.plan.request.lr
        scene = make_scene(upscalers, place.dataset, name, place.scale, place.protocol, lr)
        wanted = crop if isinstance(crop, str) else ",".join(map(str, crop))
        return Drawing(draw_sheet(scene, find_box(scene, wanted)))

    def _used(self, cell: Cell) -> Inference:
        """How a cell's method ran: under `--precision auto` as its trial found."""
        for trial in self.description.trials:
            if (trial.method, trial.dataset, trial.scale) == (cell.method.name, cell.dataset.name, cell.scale):
                return replace(self.inference, precision=trial.precision)
        return self.inference

    def __getstate__(self) -> dict[str, Any]:
        """All but the plan, which may hold anyone's functions: a result of another process cannot `show`."""
        return self.__dict__ | {"plan": None}

    def _repr_html_(self) -> str:
        return to_html(self.board)
