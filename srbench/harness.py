"""What `srbench run` and `srbench.run` do: resolve names, plan, run, store, tabulate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.api import LrSource
from srbench.datasets import open_dataset
from srbench.environment import device_name, environment, git_revision, resolve_device, srbench_version
from srbench.errors import OutputError, RequestError, UnknownNameError
from srbench.fingerprint import combine
from srbench.leaderboard import build_table, current_records, merge_tables, notes, records_frame
from srbench.methods import FolderMethod, Method, find_method
from srbench.metrics import DEFAULT_METRICS, METRICS
from srbench.plan import Plan, Request, make_plan
from srbench.protocol import Protocol
from srbench.record import Record
from srbench.registry import Registry, registry, suggest
from srbench.rendering import to_csv, to_markdown
from srbench.runner import Conditions, cell_bases, run_plan
from srbench.store import MemoryStore, RunStore, read_records, read_run, write_whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DEFAULT_DATASETS",
    "DEFAULT_PROTOCOL",
    "Progress",
    "RunResult",
    "collect",
    "default_folder",
    "execute",
    "prepare",
    "run",
    "score",
    "write_leaderboard",
]

DEFAULT_DATASETS = ("bundled",)
DEFAULT_PROTOCOL = "classic-y"

Progress = Callable[[int, int], None]
"""Called with records done and records in all."""

Several = str | Sequence[str]


@dataclass(frozen=True)
class RunResult:
    """A run that came to its end.

    Attributes:
        description: What `run.json` holds.
        items: The current record of every image of every cell.
        folder: The run folder; None for a run in memory.
        reused: How many records were finished before.
    """

    description: Mapping[str, Any]
    items: tuple[Record, ...]
    folder: Path | None
    reused: int = 0

    @property
    def leaderboard(self) -> pd.DataFrame:
        """A row per cell, best first within each dataset, scale and protocol."""
        return build_table(self.description, self.items)

    @property
    def records(self) -> pd.DataFrame:
        """A row per image and cell."""
        return records_frame(self.items)

    @property
    def notes(self) -> list[str]:
        """Refused cells, failures, undefined metrics, suspicious results."""
        return notes(self.description, self.items)

    @property
    def failed(self) -> int:
        """Records that failed."""
        return sum(record.status == "failed" for record in self.items)


def run(
    methods: str | Callable[..., Any] | Sequence[str | Callable[..., Any]],
    *,
    datasets: Several = DEFAULT_DATASETS,
    scale: int | Sequence[int] = 4,
    protocol: Several = DEFAULT_PROTOCOL,
    metrics: Several = DEFAULT_METRICS,
    lr: LrSource = "made",
    device: str = "auto",
    output: Path | str | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Measure upscalers.

    Args:
        methods: Names of cards, `./file.py:function`, or callables that take `(lr)` or `(lr, scale)`: float32 RGB
            in [0, 1], (N, 3, h, w), to (N, 3, h·scale, w·scale).
        datasets: Names, or folders of images such as `./photos`.
        scale: Upscaling factors, 2 or more.
        protocol: Names; several that share an LR rule are scored from the same upscaled image.
        metrics: Names.
        lr: `made` by the protocol, or `given` with the dataset.
        device: `auto`, `cpu` or `cuda`.
        output: Run folder, which a second call with the same plan completes; None keeps the run in memory.
        progress: Told after every record.

    Returns:
        The run, with `leaderboard` and `records` as DataFrames. Images and methods that failed are in it.

    Raises:
        RequestError: Something asked for is unknown or does not go together; nothing was started.
        DatasetError: A dataset is not there.
        StoreError: The run folder cannot be written; what was scored so far is kept.

    Example:
        >>> import srbench
        >>> result = srbench.run("nearest", datasets="bundled", scale=4, metrics="psnr")
        >>> result.leaderboard[["method", "images"]].to_dict("records")
        [{'method': 'nearest', 'images': 4}]
    """
    plan = prepare(methods, datasets=datasets, scale=scale, protocol=protocol, metrics=metrics, lr=lr)
    return execute(plan, device=device, output=None if output is None else Path(output), progress=progress)


def score(
    images: Path,
    *,
    name: str,
    dataset: str,
    scale: int,
    protocol: Several = DEFAULT_PROTOCOL,
    metrics: Several = DEFAULT_METRICS,
    output: Path | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Score images that were upscaled elsewhere.

    Args:
        images: Folder; each of the dataset's images is matched by id: `baby.png`, `babyx4.png`, `baby_RCAN_x4.png`.
        name: The row's name.
        dataset: Name or folder.
        scale: The factor the images were upscaled by.
        protocol: Names.
        metrics: Names.
        output: Run folder; None keeps the run in memory.
        progress: Told after every record.

    Raises:
        RequestError: An image has no file, or several.
        DatasetError: The dataset is not there.
    """
    cards = registry()
    if name in cards.methods:
        raise RequestError(f"{name!r} is the name of a method; give your images another --name")
    opened = open_dataset(dataset, cards)
    scales = _scales(scale)
    method = FolderMethod(name, images, tuple(sample.id for sample in opened.samples), scale)
    request = Request((method,), (opened,), scales, _protocols(protocol, cards), _metrics(metrics))
    return execute(make_plan(request), device="cpu", output=output, progress=progress)


def prepare(
    methods: str | Callable[..., Any] | Sequence[str | Callable[..., Any]],
    *,
    datasets: Several = DEFAULT_DATASETS,
    scale: int | Sequence[int] = 4,
    protocol: Several = DEFAULT_PROTOCOL,
    metrics: Several = DEFAULT_METRICS,
    lr: LrSource = "made",
) -> Plan:
    """Resolve names and plan, as `run` does, without running; imports no torch.

    Raises:
        RequestError: Something asked for is unknown or does not go together.
        DatasetError: A dataset is not there.
    """
    cards = registry()
    if lr not in ("made", "given"):
        raise RequestError(f"lr is {lr!r}; choose 'made' (by the protocol) or 'given' (the dataset's own files)")
    specs = [methods] if isinstance(methods, str) or callable(methods) else list(methods)
    found: tuple[Method, ...] = tuple(find_method(spec, cards) for spec in specs)
    scales = _scales(scale)
    protocols, names = _protocols(protocol, cards), _metrics(metrics)
    opened = tuple(open_dataset(spec, cards) for spec in _several(datasets))
    return make_plan(Request(found, opened, scales, protocols, names, lr))


def execute(plan: Plan, *, device: str, output: Path | None, progress: Progress | None = None) -> RunResult:
    """Run a plan to its end, into a folder or in memory.

    Raises:
        OutputError: The folder cannot be used for this plan.
        StoreError: It cannot be written to the end.
        KeyboardInterrupt: Passed on once the folder is in order.
    """
    chosen = resolve_device(device)
    conditions = Conditions(tuple(METRICS[name] for name in plan.request.metrics), chosen, device_name(chosen))
    bases = cell_bases(plan, conditions)
    description = _describe(plan, conditions, bases)
    store = RunStore(output, plan.describe()) if output else None
    with store or nullcontext():
        sink = store or MemoryStore()
        if store:
            store.write_run({**description, "status": "unfinished"})
        reused = run_plan(plan, conditions, sink, _advance(progress, plan.records))
        records = current_records(description, sink.records())
        status = "failed" if any(record.status == "failed" for record in records) else "complete"
        description |= {"status": status, "finished": _now()}
        result = RunResult(description, tuple(records), output, reused)
        if store:
            write_leaderboard(store.folder, result.leaderboard, result.notes)
            store.write_run(description)
    return result


def collect(folders: Sequence[Path]) -> tuple[pd.DataFrame, list[str]]:
    """Table and notes of several run folders, finished or not.

    Raises:
        RequestError: A folder holds no run.
        StoreError: A run cannot be read.
    """
    runs = {folder: (read_run(folder), read_records(folder)) for folder in folders}
    names = [folder.name for folder in runs]
    labels = {folder: folder.name if names.count(folder.name) == 1 else str(folder) for folder in runs}
    table = merge_tables({labels[folder]: build_table(*run) for folder, run in runs.items()})
    return table, list(dict.fromkeys(remark for run in runs.values() for remark in notes(*run)))


def write_leaderboard(folder: Path, table: pd.DataFrame, remarks: Sequence[str]) -> None:
    """Write `leaderboard.csv` and `leaderboard.md`.

    Raises:
        OutputError: The folder cannot be created.
        StoreError: A file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be created ({error.strerror})") from error
    write_whole(folder / "leaderboard.csv", to_csv(table))
    write_whole(folder / "leaderboard.md", to_markdown(table, remarks))


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


def _describe(plan: Plan, conditions: Conditions, bases: Mapping[tuple[str, int, str], str]) -> dict[str, Any]:
    request = plan.request
    methods: dict[str, dict[str, Any]] = {method.name: {} for method in request.methods}
    nested: dict[str, dict[str, dict[str, str]]] = {}
    for cell in plan.cells:
        name, scale, protocol = cell.method.name, str(cell.scale), cell.protocol.name
        methods[name][scale] = dict(cell.method.identity(cell.scale))
        nested.setdefault(name, {}).setdefault(scale, {})[protocol] = bases[name, cell.scale, protocol]
    where = environment(conditions.device)
    if all(method.colour == "images" for method in request.methods):
        where |= {"device": "elsewhere", "precision": ""}
    return {
        "srbench": srbench_version(),
        "git": git_revision(),
        "started": _now(),
        "plan": plan.describe(),
        "refused": [vars(refusal) for refusal in plan.refused],
        "protocols": {p.name: {"hash": p.card.hash, "rules": p.card.rules} for p in request.protocols},
        "methods": methods,
        "bases": nested,
        "datasets": {
            dataset.name: {"sha256": dataset.identity, "images": [sample.id for sample in dataset.samples]}
            for dataset in request.datasets
        },
        "environment": where,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _several(names: Several) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _scales(scale: int | Sequence[int]) -> tuple[int, ...]:
    scales = (scale,) if isinstance(scale, int) else tuple(scale)
    for value in scales:
        if not 2 <= value <= 16:
            raise RequestError(f"scale {value} is out of range; srbench upscales by 2 to 16")
    return scales


def _protocols(names: Several, cards: Registry) -> tuple[Protocol, ...]:
    return tuple(Protocol(cards.protocol(name).card) for name in _several(names))


def _metrics(names: Several) -> tuple[str, ...]:
    for name in _several(names):
        if name not in METRICS:
            raise UnknownNameError(f"unknown metric {name!r}{suggest(name, METRICS)}; see: srbench list metrics")
    return _several(names)
