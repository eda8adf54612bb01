"""srbench against the literature: published rows replayed, and the difference shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from srbench.cards import MethodCard, PublishedBlock
from srbench.errors import DatasetError
from srbench.harness import run
from srbench.registry import Registry

__all__ = ["Check", "Verification", "verify"]


@dataclass(frozen=True)
class Check:
    """One published figure and ours. Figures of `psnr` and their tolerance are in dB."""

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
        """Ours minus theirs; None where we have no figure."""
        return None if self.got is None else self.got - self.expected

    @property
    def passed(self) -> bool:
        """Whether ours lies within the tolerance, both ends included."""
        # Decimal figures such as 0.01 are no binary fractions; a billionth forgives that and nothing else.
        return self.difference is not None and abs(self.difference) <= self.tolerance * (1 + 1e-9) + 1e-12


@dataclass(frozen=True)
class Verification:
    """All checks that could be made, and what could not be."""

    checks: tuple[Check, ...]
    skipped: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether there were checks and all passed; nothing checked is not a pass."""
        return bool(self.checks) and all(check.passed for check in self.checks)


def verify(cards: Registry, *, device: str = "auto") -> Verification:
    """Replay the published rows of every card whose weights and datasets are there.

    Args:
        cards: Whose rows.
        device: `auto`, `cpu` or `cuda`.
    """
    checks: list[Check] = []
    skipped: list[str] = []
    for entry in cards.methods.values():
        for block in entry.card.published:
            obstacle = _obstacle(entry.card, block)
            if obstacle is None:
                try:
                    checks += _replay(entry.card, block, device)
                    continue
                except DatasetError as error:
                    obstacle = str(error)
            skipped.append(f"{entry.card.name} on {block.dataset} ({block.kind}): {obstacle}")
    return Verification(tuple(checks), tuple(skipped))


def _obstacle(card: MethodCard, block: PublishedBlock) -> str | None:
    if block.weights is not None and block.weights not in {entry.name for entry in card.weights}:
        return f"the rows hold for weights {block.weights!r}, which are not installed"
    return None


def _replay(card: MethodCard, block: PublishedBlock, device: str) -> Iterator[Check]:
    method = card.name if block.weights is None else f"{card.name}@{block.weights}"
    result = run(
        method,
        datasets=block.dataset,
        scale=[row.scale for row in block.rows],
        protocol=block.protocol,
        metrics=("psnr", "ssim"),
        device=device,
    )
    rows = {row["scale"]: row for row in result.leaderboard.to_dict("records")}
    for row in block.rows:
        for metric, expected in (("psnr", row.psnr), ("ssim", row.ssim)):
            ours = rows[row.scale]
            yield Check(
                method=method,
                dataset=block.dataset,
                scale=row.scale,
                protocol=block.protocol,
                metric=metric,
                kind=block.kind,
                source=block.source,
                expected=expected,
                tolerance=getattr(block.tolerance, metric),
                got=None if ours["failed"] else float(ours[metric]),
            )
