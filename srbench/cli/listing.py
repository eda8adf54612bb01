"""`srbench list`: what there is. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import typer

from srbench.cli.options import JsonFlag

__all__ = ["list_cards"]

Rows = Sequence[dict[str, Any]]


def list_cards(
    kind: Annotated[
        Literal["methods", "wrappers", "datasets", "metrics", "protocols", "classifiers"],
        typer.Argument(help="What to list."),
    ],
    as_json: JsonFlag = False,
) -> None:
    """List methods, wrappers, datasets, metrics, protocols or classifiers."""
    tables: dict[str, Callable[[], Rows]] = {
        "methods": _methods,
        "wrappers": _wrappers,
        "datasets": _datasets,
        "metrics": _metrics,
        "protocols": _protocols,
        "classifiers": _classifiers,
    }
    rows = tables[kind]()
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            _show(row)


def _show(row: dict[str, Any]) -> None:
    """A name with its summary, then the other facts, each on a line that wraps at 80 columns."""
    import textwrap

    hidden = ("name", "summary", "weights")
    facts = {key: value for key, value in row.items() if key not in hidden and value not in (None, "", [])}
    weights = _weights_lines(row["name"], row.get("weights", []))
    typer.secho(row["name"], bold=True)
    for line in (row["summary"], *(f"{key}: {_plain(value)}" for key, value in facts.items()), *weights):
        typer.echo(textwrap.fill(line, 80, initial_indent="  ", subsequent_indent="    "))


def _weights_lines(method: str, entries: Rows) -> list[str]:
    """A line for each set of weights: its scales, sizes, training data, licence, and whether it is here."""
    lines = []
    for name in dict.fromkeys(entry["name"] for entry in entries):
        same = [entry for entry in entries if entry["name"] == name]
        scales = ", ".join(f"×{entry['scale']}" for entry in same)
        sizes = " / ".join(dict.fromkeys(f"{entry['parameters']:,}" for entry in same))
        lines.append(
            f"{method}@{name}: {scales}; {sizes} parameters; trained on {', '.join(same[0]['trained on'])}; "
            f"licence {same[0]['licence']}; {'shipped' if same[0]['shipped'] else 'fetched on first use'}"
        )
    return lines


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _methods() -> Rows:
    from srbench.registry import registry

    return [
        {
            "name": card.name,
            "summary": card.summary,
            "scales": card.scales if card.scales == "any" else [f"×{scale}" for scale in card.scales],
            "colour": card.colour,
            "licence": card.licence,
            "weights": [
                {
                    "name": weights.name,
                    "scale": weights.scale,
                    "parameters": weights.parameters,
                    "trained on": list(weights.trained_on),
                    "licence": weights.licence,
                    "shipped": weights.shipped,
                }
                for weights in card.weights
            ],
            "source": card.source,
            "pack": entry.pack.distribution,
        }
        for entry in registry().methods.values()
        for card in (entry.card,)
    ]


def _wrappers() -> Rows:
    from srbench.wrappers import WRAPPERS

    return [
        {"name": f"+{wrapper.name}", "summary": wrapper.summary, "written as": f"METHOD+{wrapper.name}"}
        for wrapper in WRAPPERS.values()
    ]


def _datasets() -> Rows:
    from srbench.datasets import installed_listing
    from srbench.errors import DatasetError, NotImportedError
    from srbench.registry import registry

    rows = []
    for entry in registry().datasets.values():
        try:
            installed_listing(entry)
            state = "ready"
        except DatasetError as error:
            state = "not imported" if isinstance(error, NotImportedError) else str(error)
        card = entry.card
        rows.append(
            {
                "name": card.name,
                "summary": card.summary,
                "images": card.count,
                "state": state,
                "hashes": "every image" if card.pixels else "none known",
                "licence": card.licence,
                "source": card.source,
            }
        )
    return rows


def _metrics() -> Rows:
    from srbench.metrics import DEFAULT_METRICS, METRICS

    return [
        {
            "name": metric.name,
            "summary": metric.summary,
            "unit": metric.unit,
            "better": "higher" if metric.higher_is_better else "lower",
            "default": "yes" if metric.name in DEFAULT_METRICS else "no",
        }
        for metric in METRICS.values()
    ]


def _protocols() -> Rows:
    from srbench.registry import registry

    return [
        {
            "name": card.name,
            "summary": card.summary,
            "reported by": card.reported_by,
            "LR": card.degradation.model_dump(),
            "scored on": card.scoring.model_dump(),
            "grey files": "repeated into RGB" if card.grey == "rgb" else "used as luma as they are",
            "version": card.version,
            "hash": card.hash,
            "source": card.source,
        }
        for entry in registry().protocols.values()
        for card in (entry.card,)
    ]


def _classifiers() -> Rows:
    from srbench.registry import registry

    return [
        {
            "name": card.name,
            "summary": card.summary,
            "says": "one of its classes" if card.task == "classes" else "for each attribute whether it is there",
            "written as": f"{card.name}:X, where X is {card.variants}" if card.variants else card.name,
            "trained on": list(card.weights.trained_on) if card.weights else "",
            "parameters": f"{card.weights.parameters:,}" if card.weights else "",
            "licence": card.licence,
            "source": card.source,
            "pack": entry.pack.distribution,
        }
        for entry in registry().classifiers.values()
        for card in (entry.card,)
    ]
