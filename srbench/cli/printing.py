"""JSON on stdout, as any parser reads it."""

import json
import math
from typing import Any

import typer

__all__ = ["print_json"]


def print_json(value: object) -> None:
    """Print a value as JSON; floats that JSON does not have (infinities, NaN) become null."""
    typer.echo(json.dumps(_strict(value), indent=2, ensure_ascii=False, allow_nan=False))


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
