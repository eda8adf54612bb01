"""The result of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.api import Inference
from srbench.errors import RequestError
from srbench.files import shown
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import CROP, IMAGE_ID, NAMES, SCALE_OR_NONE, TEXT
from srbench.leaderboard import Leaderboard, build_attribute_table, collected, records_frame, to_html
from srbench.runs import Cell, Plan, Record, Run, RunDescription

if TYPE_CHECKING:
    import pandas as pd

    from srbench.report import Drawing

__all__ = ["RunResult"]


@dataclass(frozen=True, repr=False)
class RunResult:
    """A completed run.

    Attributes:
        run: The run's description and records.
        reused: Number of records taken from an earlier run in the same folder.
        plan: The plan that was run; None after unpickling.
        inference: Device, precision and runtime.
    """

    run: Run
    reused: int = 0
    plan: Plan | None = None
    inference: Inference = field(default_factory=Inference)

    @property
    def description(self) -> RunDescription:
        """Contents of `run.json`."""
        return self.run.description

    @property
    def items(self) -> tuple[Record, ...]:
        """The latest record of every image of every method × dataset × scale × protocol."""
        return self.run.records

    @property
    def folder(self) -> Path | None:
        """The run folder; None for a run in memory."""
        return self.run.folder

    @cached_property
    def board(self) -> Leaderboard:
        """The leaderboard: table, metrics and notes."""
        return collected([self.run])

    @property
    def leaderboard(self) -> pd.DataFrame:
        """The leaderboard as a DataFrame: a row per cell, best first within each dataset, scale and protocol."""
        return self.board.table.copy()  # callers may modify it

    @property
    def notes(self) -> list[str]:
        """Remarks on refused cells, failures, undefined metrics and suspicious results, a line each."""
        return list(self.board.notes)

    @property
    def attributes(self) -> pd.DataFrame:
        """A DataFrame with a row per cell, classifier and attribute, for datasets with attribute labels."""
        return build_attribute_table(self.run)

    @property
    def records(self) -> pd.DataFrame:
        """A DataFrame with a row per image and cell: scores, status, warnings and error."""
        return records_frame(self.items)

    @property
    def failed(self) -> int:
        """Number of failed records."""
        return sum(record.status == "failed" for record in self.items)

    @property
    def untimed(self) -> int:
        """Number of failed timings."""
        timings = self.description.timings
        return 0 if timings is None else len(timings.failed)

    @checked(image=IMAGE_ID, methods=NAMES, crop=CROP, scale=SCALE_OR_NONE, protocol=TEXT)
    def show(
        self,
        image: str,
        methods: str | Sequence[str] = (),
        *,
        crop: str | Sequence[int] = "auto",
        scale: int | None = None,
        protocol: str = "",
    ) -> Drawing:
        """Upscale one image again; draw the whole image and a crop of HR and of each result.

        Args:
            image: Image id; `dataset/id` if the run has several datasets.
            methods: Names of the run's methods; all by default.
            crop: `auto` (where the methods differ most), or `x,y,w,h` in HR pixels as text or four numbers.
            scale: The run's first scale by default.
            protocol: The run's first protocol by default.

        Returns:
            A drawing that notebooks display; `.save("figure.pdf")` writes it, `.figure` is the matplotlib figure.

        Raises:
            RequestError: The run has no such image, method, scale or protocol, or the crop lies outside the image.
            SRBenchError: The image cannot be read, or a method fails.
        """
        from srbench.harness.show import chosen_cells, find_box, make_scene
        from srbench.report import Drawing, draw_sheet  # imported here, because scoring needs no matplotlib

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
        """Inference settings of a cell, with the precision its trial chose under `--precision auto`."""
        for trial in self.description.trials:
            if (trial.method, trial.dataset, trial.scale) == (cell.method.name, cell.dataset.name, cell.scale):
                return replace(self.inference, precision=trial.precision)
        return self.inference

    def __repr__(self) -> str:
        plan, described = self.description.plan, self.description
        images = sum(len(dataset.images) for dataset in described.datasets.values())
        parts = [
            f"{', '.join(plan.methods)} on {', '.join(plan.datasets)}",
            f"{', '.join(f'×{scale}' for scale in plan.scales)} under {', '.join(plan.protocols)}",
            f"{images} images, {len(self.items)} records" + (f", {self.failed} failed" if self.failed else ""),
            f"in {shown(self.folder)}" if self.folder else "in memory",
        ]
        return f"<RunResult: {'; '.join(parts)}>"

    def __getstate__(self) -> dict[str, Any]:
        """State without the plan, whose functions may not pickle; an unpickled result cannot `show`."""
        return self.__dict__ | {"plan": None}

    def _repr_html_(self) -> str:
        return to_html(self.board)
