"""What metrics that are added to a finished run change in its description, and what must not have changed."""

from collections.abc import Container, Sequence

from srbench.api import Metric, MetricSpec
from srbench.cards import Registry
from srbench.errors import RequestError
from srbench.metrics import find_metrics
from srbench.protocols import Protocol, find_protocols
from srbench.runs import Record, RunDescription, described_metric

__all__ = ["known_metric", "status", "unchanged", "with_metrics"]


def with_metrics(held: RunDescription, specs: Sequence[MetricSpec], device: str) -> RunDescription:
    """Add metrics to a run's description."""
    described = {spec.info.name: described_metric(spec, device) for spec in specs}
    parts = held.model_dump(by_alias=True)
    parts["plan"]["metrics"] = tuple(dict.fromkeys([*held.plan.metrics, *described]))
    parts["metrics"] = {**parts["metrics"], **described}
    return RunDescription.model_validate(parts)


def status(about: RunDescription, records: Sequence[Record]) -> str:
    """`complete` if every image is scored, `failed` if one failed, else `unfinished`."""
    if any(record.status == "failed" for record in records):
        return "failed"
    expected = sum(len(about.datasets[cell.dataset].images) for cell in about.cells())
    return "complete" if len(records) == expected else "unfinished"


def unchanged(name: str, held: RunDescription, cards: Registry) -> Protocol:
    """Return a run's protocol; raise RequestError if it now has other rules."""
    (protocol,) = find_protocols((name,), cards)
    before, after = held.protocols[name].hash, protocol.card.hash
    if before != after:
        raise RequestError(f"protocol {name} has changed since the run ({before}, now {after}); run the methods again")
    return protocol


def known_metric(held: RunDescription, new: Container[str], cards: Registry) -> list[Metric]:
    """A cheap metric of the run that is not computed anew, by which a saved image is compared with its record."""
    cheap = ("psnr", "mse", "rmse", "l1", "ssim")
    name = next((name for name in cheap if name in held.plan.metrics and name not in new), None)
    return [] if name is None else [spec.build("cpu") for spec in find_metrics((name,), cards)]
