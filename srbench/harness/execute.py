"""Running a plan to its end: into a folder that the same plan completes, or in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from srbench.api import Progress, Size, Trial
from srbench.classifiers import ClassifierPanel, LoadedClassifier, PredictionCache
from srbench.engine import Conditions, run_plan
from srbench.errors import MethodError, RequestError, WeightsError
from srbench.files import combine
from srbench.harness.bench import still_true, time_methods, timed_methods
from srbench.harness.result import RunResult
from srbench.leaderboard import write_attributes, write_leaderboard
from srbench.methods import resolve_device, resolve_inference
from srbench.metrics import METRICS
from srbench.runs import (
    Gallery,
    Identities,
    MemoryStore,
    Plan,
    RunStore,
    added_cost,
    current_records,
    describe_run,
    device_name,
    identify,
    now,
    other_trials,
)

__all__ = ["default_folder", "execute"]


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
    description = describe_run(plan, identities, chosen)
    views = _views(plan, chosen)  # before a folder is made
    store = RunStore(output, plan.describe()) if output else None

    def keep(**parts: Any) -> None:
        """Put parts into what is known of the run, and on the disk."""
        description.update(parts)
        if store:
            store.write_run(description)

    def on_trial(trial: Trial) -> None:
        keep(trials=[*other_trials(description, trial), trial.describe()])

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
            keep(looking=added_cost(description.get("looking", {}), views.cost()))
        made = result()
        keep(status="failed" if made.failed else "complete", finished=now())
        if timed:  # only now, when everything that was scored is on the disk
            keep(timings=time_methods(timed, timing, conditions, identities, made.items, advance))
            made = result()
    return made


def _views(plan: Plan, device: str) -> ClassifierPanel | None:
    """The classifiers, built, or None where there are none."""
    request = plan.request
    if not request.classifiers:
        return None
    cache = PredictionCache()
    try:
        viewers = tuple(LoadedClassifier(chosen, device, cache) for chosen in request.classifiers)
    except (WeightsError, MethodError) as error:  # nothing has been started yet
        raise RequestError(f"classifier: {error}") from error
    return ClassifierPanel(viewers, {dataset.name: dataset.labels for dataset in request.datasets})


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
