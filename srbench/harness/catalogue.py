"""Installed cards as rows, for `srbench list`. Imports no torch."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

__all__ = ["Kind", "Rows", "left_out", "rows"]
Kind = Literal["methods", "wrappers", "datasets", "metrics", "protocols", "classifiers", "rules", "packs"]
Rows = Sequence[dict[str, Any]]


def rows(kind: Kind) -> Rows:
    """Return a row for each installed card of a kind; values are text, numbers, lists or dicts."""
    tables: dict[Kind, Callable[[], Rows]] = {
        "methods": _methods,
        "wrappers": _wrappers,
        "datasets": _datasets,
        "metrics": _metrics,
        "protocols": _protocols,
        "classifiers": _classifiers,
        "rules": _rules,
        "packs": _packs,
    }
    return tables[kind]()


def left_out() -> list[str]:
    """Return a line for each pack that is left out, or in part; empty if this process has read no cards."""
    if "srbench.cards.registry" not in sys.modules:  # not imported here, because `--help` needs no cards
        return []
    from srbench.cards import installed_cards

    return [str(problem) for problem in installed_cards().problems] if installed_cards.cache_info().currsize else []


def _methods() -> Rows:
    from srbench.cards import installed_cards

    return [
        {
            "name": card.name,
            "summary": card.summary,
            "written as": f"{card.name}:X, where X is {card.variants}" if card.variants else card.name,
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
        for entry in installed_cards().methods.values()
        for card in (entry.card,)
    ]


def _wrappers() -> Rows:
    from srbench.methods import WRAPPERS

    return [
        {"name": f"+{wrapper.name}", "summary": wrapper.summary, "written as": f"METHOD+{wrapper.name}"}
        for wrapper in WRAPPERS.values()
    ]


def _datasets() -> Rows:
    from srbench.cards import installed_cards
    from srbench.datasets import installed_listing
    from srbench.errors import NotImportedError, SRBenchError

    rows = []
    hashes = {"refuse": "every image", "warn": "every image; other pixels are warned of"}
    for entry in installed_cards().datasets.values():
        try:
            installed_listing(entry)
            state = "ready"
        except SRBenchError as error:
            state = "not imported" if isinstance(error, NotImportedError) else str(error)
        card = entry.card
        rows.append(
            {
                "name": card.name,
                "summary": card.summary,
                "images": card.count,
                "state": state,
                "hashes": hashes[card.other_pixels] if card.pixels else "none known",
                "licence": card.licence,
                "source": card.source,
            }
        )
    return rows


def _metrics() -> Rows:
    from srbench.cards import installed_cards
    from srbench.metrics import DEFAULT_METRICS

    return [
        {
            "name": card.name,
            "summary": card.summary,
            "written as": _spellings(card.name, card.variants),
            "unit": card.unit,
            "better": "higher" if card.higher_is_better else "lower",
            "looks at": _LOOKS_AT[card.looks_at],
            "cost": card.cost,
            "needs": [
                f"{file.file}, {file.parameters:,} values, {'fetched on first use' if file.urls else 'shipped'}"
                f" ({file.licence})"
                for file in card.weights
            ],
            "default": "yes" if card.name in DEFAULT_METRICS else "no",
            "licence": card.licence,
            "source": card.source,
            "pack": entry.pack.distribution,
        }
        for entry in installed_cards().metrics.values()
        for card in (entry.card,)
    ]


_LOOKS_AT = {
    "scored": "the planes that the protocol scores",
    "rgb": "the 8-bit RGB image, cropped as the protocol says",
    "lr": "the result degraded again by its protocol, and LR",
}


def _spellings(name: str, variants: Mapping[str, str] | str | None) -> str | list[str]:
    """Names under which a metric is asked for; variants with what they are."""
    if isinstance(variants, str):
        return f"{name}:X, where X is {variants}"
    return [f"{name}:{key} ({text})" if key else f"{name} ({text})" for key, text in (variants or {}).items()]


def _protocols() -> Rows:
    from srbench.cards import installed_cards

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
        for entry in installed_cards().protocols.values()
        for card in (entry.card,)
    ]


def _classifiers() -> Rows:
    from srbench.cards import installed_cards

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
        for entry in installed_cards().classifiers.values()
        for card in (entry.card,)
    ]


def _rules() -> Rows:
    from srbench.cards import installed_cards

    return [
        {
            "name": card.name,
            "summary": card.summary,
            "title": card.title,
            "better": "higher" if card.higher_is_better else "lower",
            "scale": f"×{card.scale}",
            "protocol": card.protocol,
            "baseline": card.efficiency.baseline.model_dump() if card.efficiency else "",
            "weight of": card.efficiency.weights.model_dump() if card.efficiency else "",
            "metrics": [term.metric for term in card.terms],
            "gates": [
                f"{gate.metric} {gate.least:g} on {gate.dataset}{'' if gate.public else ', not public'}"
                for gate in card.gates
            ],
            "source": card.source,
            "pack": entry.pack.distribution,
        }
        for entry in installed_cards().rules.values()
        for card in (entry.card,)
    ]


def _packs() -> Rows:
    from srbench.cards import Entry, installed_cards

    cards = installed_cards()
    kinds: dict[str, Mapping[str, Entry[Any]]] = {
        "methods": cards.methods,
        "datasets": cards.datasets,
        "protocols": cards.protocols,
        "metrics": cards.metrics,
        "classifiers": cards.classifiers,
        "reports": cards.reports,
        "rules": cards.rules,
    }
    rows: dict[tuple[str, str], dict[str, Any]] = {
        (pack.name, pack.distribution): {
            "name": pack.name,
            "summary": pack.distribution,
            "state": "ready",
            **{kind: [name for name, entry in found.items() if entry.pack == pack] for kind, found in kinds.items()},
        }
        for pack in cards.packs
    }
    for problem in cards.problems:
        named = {"name": problem.name, "summary": problem.distribution}
        row = rows.setdefault((problem.name, problem.distribution), named)
        row["state"] = f"left out{'' if problem.whole else ' in part'}: {problem.reason}"
    return list(rows.values())
