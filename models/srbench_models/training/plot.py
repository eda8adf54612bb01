"""Plot of a training's losses and validation PSNR, from its CSV logs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

__all__ = ["plot_losses", "read_log"]

_NOT_LOSSES = {"epoch", "step", "val_psnr", "data_share"}


def read_log(folder: Path) -> pd.DataFrame:
    """Merge a training's logs, one `version_N/metrics.csv` per start; later rows replace earlier ones.

    Raises:
        FileNotFoundError: There is no log.
    """
    starts = sorted(
        folder.glob("version_*/metrics.csv"), key=lambda path: int(path.parent.name.removeprefix("version_"))
    )
    if not starts:
        raise FileNotFoundError(f"{folder}: no version_N/metrics.csv")
    # A row holds either losses or a validation, so rows of one step are merged; the last value of a cell counts.
    rows = pd.concat([pd.read_csv(path) for path in starts if path.stat().st_size])
    return rows.groupby("step", as_index=False).last().sort_values("step", ignore_index=True)


def plot_losses(folder: Path, path: Path, title: str) -> None:
    """Draw every loss and the validation PSNR over the steps, from a log folder (see `read_log`), as PNG."""
    from matplotlib.figure import Figure

    log = read_log(folder)
    losses = [name for name in log.columns if name not in _NOT_LOSSES]
    figure = Figure(figsize=(7, 2.2 * (len(losses) + 1)), layout="constrained")
    axes = figure.subplots(len(losses) + 1, 1, sharex=True, squeeze=False)[:, 0]
    for axis, name in zip(axes, [*losses, "val_psnr"], strict=True):
        if name in log:
            known = log.dropna(subset=[name])
            axis.plot(known["step"], known[name], marker="." if name == "val_psnr" else None)
        axis.set_ylabel({"val_psnr": "held-out PSNR, dB"}.get(name, name))
        axis.grid(alpha=0.3)
    axes[0].set_title(title)
    axes[-1].set_xlabel("optimiser steps")
    figure.savefig(path, dpi=100)
