"""Replay published rows and compare the figures."""

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from srbench.api import Progress
from srbench.cards import PublishedBlock, Registry, installed_cards
from srbench.datasets import open_dataset
from srbench.errors import CardError, DatasetError, NotImportedError, RequestError, UnknownNameError
from srbench.files import Files, existing_files
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import DEVICE, NAMED_WEIGHTS, PROGRESS_OR_NONE
from srbench.harness.run import run
from srbench.methods import find_method

__all__ = ["Check", "Verification", "verify"]


@dataclass(frozen=True)
class Check:
    """One published figure and the measured one; `psnr` figures and their tolerance are in dB."""

    method: str
    dataset: str
    scale: int
    protocol: str
    metric: str
    kind: str
    source: str
    expected: float
    tolerance: float
    got: float | None

    @property
    def difference(self) -> float | None:
        """Measured minus published; None without a measured figure."""
        return None if self.got is None else self.got - self.expected

    @property
    def passed(self) -> bool:
        """Whether the measured figure lies within the tolerance, both ends included."""
        # Decimal figures such as 0.01 are not exact in binary: a relative 1e-9 covers the rounding.
        return self.difference is not None and abs(self.difference) <= self.tolerance * (1 + 1e-9) + 1e-12


@dataclass(frozen=True)
class Verification:
    """All checks made, and the reasons for those that were skipped."""

    checks: tuple[Check, ...]
    skipped: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether there is at least one check and all passed."""
        return bool(self.checks) and all(check.passed for check in self.checks)


@checked(device=DEVICE, weights=NAMED_WEIGHTS, progress=PROGRESS_OR_NONE)
def verify(
    *,
    device: str = "auto",
    weights: Mapping[str, Files] | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Replay the published rows of every card whose weights and datasets are available.

    Missing datasets and weights are listed in `skipped`; figures on a damaged dataset fail. Options are those of
    `srbench.run`; `progress` starts again with each run.

    Raises:
        RequestError: A weight file does not exist, or no card has published rows for it.
    """
    cards = installed_cards()
    replay = _Replay(cards, device, existing_files(weights or {}), progress)
    runs = _by_run(cards)
    unpublished = sorted(replay.files.keys() - {method for method, _, _ in runs})
    if unpublished:
        raise RequestError(f"weights for {', '.join(unpublished)}: no card has published rows for them; leave them out")
    checks: list[Check] = []
    for (method, dataset, protocol), blocks in runs.items():
        checks += replay.checks(method, dataset, protocol, blocks)
    return Verification(tuple(checks), tuple(dict.fromkeys(replay.skipped)))


@dataclass
class _Replay:
    """State of one verification; `skipped` grows."""

    cards: Registry
    device: str
    files: Mapping[str, tuple[Path, ...]]
    progress: Progress | None
    skipped: list[str] = field(default_factory=list)

    def checks(self, method: str, dataset: str, protocol: str, blocks: list[PublishedBlock]) -> list[Check]:
        found = find_method(method, self.cards, self.files)
        asked = sorted({row.scale for block in blocks for row in block.rows})
        scales = [scale for scale in asked if found.ready(scale)]
        if scales != asked:
            absent = ",".join(str(scale) for scale in asked if scale not in scales)
            self.skipped.append(
                f"{method} ×{absent.replace(',', ', ×')}: its weights are not on this machine; add --weights "
                f"{method}=FILE, or have them fetched by srbench run --methods {method} --scale {absent}"
            )
        if not scales:
            return []
        try:
            open_dataset(dataset, self.cards)
        except (NotImportedError, UnknownNameError, CardError) as error:
            self.skipped.append(f"{method} on {dataset}: {error}")
            return []
        except DatasetError as error:
            self.skipped.append(f"{method} on {dataset}: {error}")
            return list(compared(method, protocol, blocks, scales, {}))
        result = run(
            method,
            datasets=dataset,
            scale=scales,
            protocol=protocol,
            metrics=("psnr", "ssim"),
            device=self.device,
            weights={method: self.files[method]} if method in self.files else None,
            progress=self.progress,
        )
        complete = {row["scale"]: row for row in result.leaderboard.to_dict("records") if not row["failed"]}
        return list(compared(method, protocol, blocks, scales, complete))


def _by_run(cards: Registry) -> dict[tuple[str, str, str], list[PublishedBlock]]:
    """Group published blocks by method, dataset and protocol; one run covers a group."""
    found: dict[tuple[str, str, str], list[PublishedBlock]] = {}
    for entry in cards.methods.values():
        for block in entry.card.published:
            method = entry.card.name if block.weights is None else f"{entry.card.name}@{block.weights}"
            found.setdefault((method, block.dataset, block.protocol), []).append(block)
    return found


def compared(
    method: str,
    protocol: str,
    blocks: list[PublishedBlock],
    scales: list[int],
    ours: Mapping[int, Mapping[Hashable, Any]],
) -> Iterator[Check]:
    """Checks of the rows at some scales; `got` is None without a complete row, or a value in it, at a scale."""
    for block in blocks:
        for row in (row for row in block.rows if row.scale in scales):
            for metric in ("psnr", "ssim"):
                if getattr(row, metric) is None:
                    continue
                value = float(ours[row.scale][metric]) if row.scale in ours else math.nan
                yield Check(
                    method=method,
                    dataset=block.dataset,
                    scale=row.scale,
                    protocol=protocol,
                    metric=metric,
                    kind=block.kind,
                    source=block.source,
                    expected=getattr(row, metric),
                    tolerance=getattr(block.tolerance, metric),
                    got=value if math.isfinite(value) else None,
                )
