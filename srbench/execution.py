"""Running a plan to its end: into a folder that the same plan completes, or in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.downstream.predictions import PredictionCache
from srbench.downstream.viewer import Viewer, Views
from srbench.environment import (
    device_name,
    environment,
    git_revision,
    resolve_device,
    resolve_inference,
    srbench_version,
)
from srbench.errors import MethodError, RequestError, WeightsError
from srbench.fingerprint import combine
from srbench.gallery import Gallery
from srbench.identities import Identities, identify
from srbench.inference import Inference
from srbench.leaderboard import build_attribute_table, build_table, current_records, records_frame
from srbench.metrics import METRICS
from srbench.plan import Cell, Plan
from srbench.record import Record
from srbench.remarks import notes
from srbench.rendering import to_html
from srbench.runner import Conditions, run_plan
from srbench.runs import write_attributes, write_leaderboard
from srbench.store import MemoryStore, RunStore
from srbench.timed import still_true, time_methods, timed_methods
from srbench.timing.methods import Size
from srbench.trial import Trial

if TYPE_CHECKING:
    import pandas as pd

    from srbench.figures.writing import Drawing

__all__ = ["Progress", "RunResult", "default_folder", "execute"]

Progress = Callable[[int, int], None]
"""Called with records done and records in all."""


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
        return notes(self.description, self.items)

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
        from srbench.figures.scene import find_box, make_scene  # here, because measuring needs no matplotlib
        from srbench.figures.sheet import draw_sheet
        from srbench.figures.writing import Drawing

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


def execute(
    plan: Plan,
    *,
    device: str,
    output: Path | None,
    timing: Sequence[Size] = (),
    save_images: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Run a plan to its end, into a folder or in memory.

    Args:
        plan: What to run.
        device: `auto`, `cpu` or `cuda`.
        output: The run folder; None for memory.
        timing: LR sizes that methods are timed at, in a pass of its own when everything has been scored.
        save_images: Whether results, and HR as they are compared with it, are saved in the folder as PNG files.
        progress: Told after every record, and every method timed.

    Raises:
        RequestError: Images are to be saved without a folder.
        OutputError: The folder cannot be used for this plan.
        StoreError: It cannot be written to the end.
        KeyboardInterrupt: Passed on once the folder is in order.
    """
    if save_images and output is None:
        raise RequestError("images are saved in the run folder; name one with output (--output DIR)")
    chosen = resolve_device(device)
    request = plan.request
    inference = resolve_inference(chosen, request.precision, request.runtime)
    metrics = tuple(METRICS[name] for name in request.metrics)
    identities = identify(plan, device_name(chosen), inference)
    description = _describe(plan, identities, chosen)
    views = _views(plan, chosen)  # before a folder is made
    store = RunStore(output, plan.describe()) if output else None

    def keep(**parts: Any) -> None:
        """Put parts into what is known of the run, and on the disk."""
        description.update(parts)
        if store:
            store.write_run(description)

    def on_trial(trial: Trial) -> None:
        keep(trials=[*_other_trials(description, trial), trial.describe()])

    def result() -> RunResult:
        """The run as far as it is known, its tables written."""
        records = current_records(description, sink.records())
        made = RunResult(description, tuple(records), output, reused, plan, inference)
        if store:
            write_leaderboard(store.folder, made.leaderboard, made.notes)
            if request.classifiers:
                write_attributes(store.folder, made.attributes)
        return made

    for name, told in views.describe().items() if views else ():
        description["classifiers"][name] |= told
    conditions = Conditions(
        metrics,
        inference,
        auto=request.precision == "auto",
        on_trial=on_trial,
        views=views,
        gallery=Gallery.of(description) if save_images else None,
    )
    with store or nullcontext():
        sink = store or MemoryStore()
        keep(status="unfinished", **(_kept(store, identities, chosen) if store else {}))
        timed = timed_methods(plan) if timing else []
        advance = _advance(progress, plan.records + len(timed))
        reused = run_plan(plan, conditions, identities, sink, advance)
        if views is not None and views.cost():
            keep(looking=_added(description.get("looking", {}), views.cost()))
        made = result()
        keep(status="failed" if made.failed else "complete", finished=_now())
        if timed:  # only now, when everything that was scored is on the disk
            keep(timings=time_methods(timed, timing, conditions, identities, made.items, advance))
            made = result()
    return made


def _views(plan: Plan, device: str) -> Views | None:
    """The classifiers, built, or None where there are none."""
    request = plan.request
    if not request.classifiers:
        return None
    cache = PredictionCache()
    try:
        viewers = tuple(Viewer(chosen, device, cache) for chosen in request.classifiers)
    except (WeightsError, MethodError) as error:  # nothing has been started yet
        raise RequestError(f"classifier: {error}") from error
    return Views(viewers, {dataset.name: dataset.labels for dataset in request.datasets})


def _added(before: Mapping[str, Any], now: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """What classifiers took before and now, together."""
    return {
        name: {what: value + before.get(name, {}).get(what, 0) for what, value in cost.items()}
        for name, cost in now.items()
    }


def _other_trials(description: Mapping[str, Any], trial: Trial) -> list[dict[str, Any]]:
    """Those of other methods, datasets or factors."""
    key = trial.method, trial.dataset, trial.scale
    return [old for old in description.get("trials", ()) if (old["method"], old["dataset"], old["scale"]) != key]


def _kept(store: RunStore, identities: Identities, device: str) -> dict[str, Any]:
    """What an earlier run into the folder found, and this one may not find again."""
    kept = store.kept("timings", "trials", "looking")
    return kept | ({"timings": still_true(kept["timings"], identities, device)} if "timings" in kept else {})


def default_folder(plan: Plan) -> Path:
    """Where a run goes that was given no folder: the same for the same plan, below `runs/`."""
    description = plan.describe()
    names = "+".join(name.removeprefix("./") for name in description["datasets"])
    return Path("runs") / f"{names[:60]}-{combine(**description)[:8]}"


def _advance(progress: Progress | None, total: int) -> Callable[[int], None]:
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, total)

    return advance


def _describe(plan: Plan, identities: Identities, device: str) -> dict[str, Any]:
    request = plan.request
    where = environment(device)
    if all(method.colour == "images" for method in request.methods):
        where |= {"device": "elsewhere"}
    return {
        "srbench": srbench_version(),
        "git": git_revision(),
        "started": _now(),
        "plan": plan.describe(),
        "refused": [vars(refusal) for refusal in plan.refused],
        "protocols": {p.name: {"hash": p.card.hash, "rules": p.card.rules} for p in request.protocols},
        **identities.describe(plan),
        **({"classifiers": {one.name: one.describe() for one in request.classifiers}} if request.classifiers else {}),
        "environment": where,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
