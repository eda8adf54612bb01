"""`srbench list`: installed cards. Imports no torch."""

from typing import Annotated, Any

import typer

from srbench.cli.options import JsonFlag
from srbench.cli.printing import print_json
from srbench.harness.catalogue import Kind, Rows, rows


def list_cards(kind: Annotated[Kind, typer.Argument(help="What to list.")], as_json: JsonFlag = False) -> None:
    """List methods, wrappers, datasets, metrics, protocols, classifiers, rules of challenges or packs."""
    found = rows(kind)
    if as_json:
        print_json(found)
    else:
        for row in found:
            _show(row)


def _show(row: dict[str, Any]) -> None:
    """Print name, summary and other fields, wrapped at 80 columns."""
    import textwrap

    hidden = ("name", "summary", "weights")
    facts = {key: value for key, value in row.items() if key not in hidden and value not in (None, "", [])}
    weights = _weights_lines(row["name"], row.get("weights", []))
    typer.secho(row["name"], bold=True)
    for line in (row["summary"], *(f"{key}: {_plain(value)}" for key, value in facts.items()), *weights):
        typer.echo(textwrap.fill(line, 80, initial_indent="  ", subsequent_indent="    "))


def _weights_lines(method: str, entries: Rows) -> list[str]:
    """One line per set of weights: scales, sizes, training data, licence, shipped or fetched."""
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
