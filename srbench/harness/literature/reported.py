"""Figures reported by others for a system, beside those of the method that represents it here.

Reported figures are never verified: their protocol is often unknown, so they need not be reproducible.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from srbench.cards import ReportCard, ReportedFigure, installed_cards
from srbench.errors import OutputError, RequestError
from srbench.files import expanded, write_text
from srbench.leaderboard import collected, markdown_text, records_frame
from srbench.runs import open_runs

__all__ = ["report_page", "write_report_page"]


def write_report_page(folders: Sequence[Path], output: Path) -> Path:
    """Write `reports.md`, every report card beside the figures of runs, and return its path.

    Raises:
        RequestError: A folder holds no run or no PSNR, or no pack has a report card.
        StoreError: A run cannot be read.
        OutputError: The page cannot be written.
    """
    cards = [entry.card for entry in installed_cards().reports.values()]
    if not cards:
        raise RequestError("no installed pack has a report card; install a pack with one")
    runs = open_runs(folders)
    table = collected(runs).table
    if table["psnr"].isna().all():
        raise RequestError(
            f"{', '.join(str(folder) for folder in folders)}: no PSNR in it; run with --metrics psnr,ssim"
        )
    records = pd.concat([records_frame(run.records) for run in runs], ignore_index=True)
    path = expanded(output) / "reports.md"
    write_text(path, report_page(cards, table, records), OutputError)
    return path


def report_page(cards: Sequence[ReportCard], table: pd.DataFrame, records: pd.DataFrame) -> str:
    """Return a markdown page, a section per report, from a leaderboard and from records (a row per image and cell)."""
    parts = [
        "# Reports as rows",
        "What others reported of their systems, and what the methods that stand for them here measure. Reported "
        "figures are as they were given; how LR was made and what was compared is not known in full, so that a "
        "difference says little. An empty cell was not measured here, mostly because the images were not there.",
    ]
    for card in cards:
        parts += [f"## {card.title}", card.summary, *_reported(card, table, records), *_ours(card, table, records)]
    return "\n\n".join(parts) + "\n"


def _reported(card: ReportCard, table: pd.DataFrame, records: pd.DataFrame) -> Iterator[str]:
    if not card.figures:
        yield "No figures were reported."
        return
    body = [
        [
            figure.label or figure.method,
            f"{figure.dataset}{f'/{figure.image}' if figure.image else ''} ×{figure.scale}",
            f"{figure.psnr:.2f}",
            _cell(_measured(figure, card.protocol, table, records)),
            figure.method,
        ]
        for figure in card.figures
    ]
    header = ["reported system", "on", "reported dB", f"ours dB ({card.protocol})", "ours is"]
    yield _table(header, body)


def _measured(figure: ReportedFigure, protocol: str, table: pd.DataFrame, records: pd.DataFrame) -> float | None:
    rows = table if figure.image is None else records[records["image"] == figure.image]
    wanted = {"method": figure.method, "dataset": figure.dataset, "scale": figure.scale, "protocol": protocol}
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return float(rows["psnr"].iloc[0]) if len(rows) and pd.notna(rows["psnr"].iloc[0]) else None


def _ours(card: ReportCard, table: pd.DataFrame, records: pd.DataFrame) -> Iterator[str]:
    rows = table[table["method"].isin(card.methods)]
    if rows.empty:
        yield "None of its methods is in the runs."
        return
    yield "Ours, on the images at hand:"
    body = [
        [row["method"], f"{row['dataset']} ×{row['scale']}", row["protocol"], _cell(row["psnr"]), _cell(row["ssim"], 4)]
        for _, row in rows.iterrows()
    ]
    yield _table(["method", "on", "protocol", "PSNR dB", "SSIM"], body)
    if card.rival is not None:
        yield from _wins(card.methods[0], card.rival, records)


def _wins(method: str, rival: str, records: pd.DataFrame) -> Iterator[str]:
    """Count the images on which the method has a better PSNR than its rival."""
    for (dataset, scale, protocol), rows in records.groupby(["dataset", "scale", "protocol"], sort=False):
        figures = rows.pivot_table(index="image", columns="method", values="psnr", aggfunc="first")
        if {method, rival} <= set(figures.columns):
            both = figures[[method, rival]].dropna()
            better = int((both[method] > both[rival]).sum())
            where = f"{dataset} ×{scale}, {protocol}"
            said = f"{method} has a better PSNR than {rival} on {better} of {len(both)} images of {where}."
            yield f"- {markdown_text(said)}"


def _table(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    rows = [[markdown_text(cell) for cell in row] for row in (header, *body)]
    return tabulate(rows[1:], rows[0], tablefmt="github", disable_numparse=True)


def _cell(value: float | None, decimals: int = 2) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.{decimals}f}"
