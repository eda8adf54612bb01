"""Running a plan to completion, in memory or in a folder that the same plan can resume."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from srbench.api import DEFAULT_SIZES, MetricSpec, Progress, Size, Trial
from srbench.classifiers import load_panel
from srbench.engine import Engine, Settings, run_plan
from srbench.errors import RequestError, SRBenchError, StoppedError
from srbench.files import combine, expanded, shown
from srbench.harness.bench import still_valid, time_methods, timed_methods
from srbench.harness.options import RunOptions
from srbench.harness.plans import asked_options
from srbench.harness.result import RunResult
from srbench.isolation import exact
from srbench.leaderboard import write_attributes, write_leaderboard
from srbench.methods import resolve_device, resolve_inference
from srbench.runs import (
    Gallery,
    MemoryStore,
    Plan,
    Request,
    Run,
    RunDescription,
    RunStore,
    current_records,
    describe_run,
    device_name,
    environment,
    identify,
    now,
)


def execute(plan: Plan, options: RunOptions, engine: Engine = run_plan, *, methods: Sequence[Any] = ()) -> RunResult:
    """Run a plan to completion.

    Args:
        plan: What is to be run.
        options: Completed options; device, output, timing, save_images and progress are read here.
        engine: Makes the records.
        methods: The methods as asked for, so that `run.json` says how to repeat the run; empty if that cannot be.

    Raises:
        RequestError: `save_images` is set without a folder, or a metric or classifier cannot be loaded.
        OutputError: The folder cannot be used for this plan.
        StoreError: The folder cannot be written.
        StoppedError: The run was interrupted; the folder can be resumed.
    """
    output = options["output"]
    folder = None if output is None else default_folder(plan) if output == "auto" else expanded(output)
    folder = None if folder is None else folder.absolute()  # a method may change the working directory
    if options["save_images"] and folder is None:
        raise RequestError("images are saved in the run folder; name one with output (--output DIR)")
    timing = options["timing"]
    sizes = DEFAULT_SIZES if timing is True else tuple(timing or ())
    try:
        with exact():
            asked = asked_options(methods, options, folder) if folder and methods else {}
            return _Execution(plan, options, folder, asked, engine).run(sizes)
    except KeyboardInterrupt:
        kept = f"what was scored is kept in {shown(folder)}: run the same command again to go on" if folder else ""
        raise StoppedError(f"interrupted; {kept or 'nothing was kept'}") from None


def default_folder(plan: Plan) -> Path:
    """Return the default run folder, below `runs/`; equal plans always get the same folder."""
    described = plan.describe()
    names = "+".join(name.removeprefix("./") for name in described.datasets)
    return Path("runs") / f"{names[:60]}-{combine(**described.model_dump(exclude_defaults=True))[:8]}"


class _Execution:
    """State of one execution: the description so far, and the store it is written to."""

    def __init__(
        self, plan: Plan, options: RunOptions, folder: Path | None, asked: Mapping[str, Any], engine: Engine
    ) -> None:
        request = plan.request
        self._plan, self._folder, self._engine = plan, folder, engine
        self._device, images = _devices(options["device"], request)
        self._inference = resolve_inference(images, request.precision, request.runtime)
        self._identities = identify(plan, device_name(self._device), self._inference)
        labels = {dataset.name: dataset.labels for dataset in request.datasets}
        _check(request.metrics, images)
        self._panel = load_panel(request.classifiers, labels, self._device)  # before the folder is created
        classifiers = self._panel.describe() if self._panel else {}
        self._save_images = options["save_images"]
        self._progress = options["progress"]
        self._store = RunStore(folder, plan.describe()) if folder else None
        if self._store and (held := self._store.held):
            self._identities = self._identities.since(held.bases, held.read)
        self._sources = {
            (cell.method.name, cell.scale): (
                self._identities.methods[cell.method.name, cell.scale].get("pack", ""),
                cell.method.place,
            )
            for cell in plan.cells
        }
        self._about = describe_run(plan, self._identities, environment(self._device), classifiers, asked)
        self._sink = self._store or MemoryStore()
        self._reused = 0

    def run(self, sizes: tuple[Size, ...]) -> RunResult:
        """Score everything, write the tables, then time."""
        request = self._plan.request
        timed = timed_methods(self._plan) if sizes else []
        advance = _Counter(self._progress, self._plan.records + len(timed)).advance
        settings = Settings(
            metrics=request.metrics,
            inference=self._inference,
            auto=request.precision == "auto",
            lr=request.lr,
            classifiers=request.classifiers,
            gallery=Gallery.of(self._about) if self._save_images else None,
        )
        with self._store or nullcontext():
            self._keep(self._carried_over())
            self._reused = self._engine(
                self._plan,
                settings,
                self._identities,
                self._sink,
                panel=self._panel,
                on_trial=self._on_trial,
                on_files=self._on_files,
                advance=advance,
            )
            if self._panel is not None and (cost := self._panel.cost()):
                self._keep(self._about.with_cost(cost))
            made = self._written()
            status = "failed" if made.failed else "complete"
            self._keep(self._about.model_copy(update={"status": status, "finished": now()}))
            if timed:  # last, when all scores are on disk
                timings = time_methods(timed, sizes, settings, self._identities, made.items, advance)
                self._keep(self._about.model_copy(update={"timings": timings}))
                return self._written()
            return self._result()

    def _carried_over(self) -> RunDescription:
        """Add trials, classifier cost and valid timings of an earlier run in the same folder."""
        held = self._store.held if self._store else None
        if held is None:
            return self._about
        timings = still_valid(held.timings, self._identities, self._device) if held.timings else None
        kept = {"trials": held.trials, "classifier_cost": held.classifier_cost, "timings": timings}
        return self._about.model_copy(update=kept)

    def _on_trial(self, trial: Trial) -> None:
        self._keep(self._about.with_trial(trial))

    def _on_files(self, method: str, scale: int, files: Mapping[str, str]) -> None:
        """Keep the files that a method has read, for all methods of its file or pack: they may share what was read."""
        source = self._sources[method, scale]
        about = self._about
        for (name, factor), other in self._sources.items():
            if other == source:
                about = about.with_read(name, factor, files)
        self._keep(about)

    def _keep(self, about: RunDescription) -> None:
        self._about = about
        if self._store:
            self._store.write_run(about)

    def _result(self) -> RunResult:
        damaged = self._store.damaged if self._store else ()
        again = tuple(f"{line}; removed, and its image scored again" for line in damaged)
        run = Run("", self._about, current_records(self._about, self._sink.records()), self._folder, again)
        return RunResult(run, self._reused, self._plan, self._inference)

    def _written(self) -> RunResult:
        """Write the tables and return the result so far."""
        made = self._result()
        if self._folder:
            write_leaderboard(self._folder, made.board)
            if self._plan.request.classifiers:
                write_attributes(self._folder, made.attributes)
        return made


def _devices(choice: str, request: Request) -> tuple[str, str]:
    """Return the torch devices that networks run on and that results lie on, where metrics are computed.

    Images made elsewhere are read as arrays, and lie on the CPU; only classifiers then run on the chosen device.
    """
    device = resolve_device(choice)
    if any(method.colour != "images" for method in request.methods):
        return device, device
    return device if request.classifiers else "cpu", "cpu"


def _check(metrics: Sequence[MetricSpec], device: str) -> None:
    """Build every metric once, so that its errors appear before a run begins."""
    for metric in metrics:
        try:
            metric.build(device)
        except SRBenchError as error:
            raise RequestError(str(error)) from error


class _Counter:
    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def advance(self, count: int) -> None:
        self._done += count
        if self._progress:
            self._progress(self._done, self._total)
