"""Writing figures to files, and shortening names to fit into them."""

import io
from dataclasses import dataclass
from pathlib import Path

from matplotlib import rc_context, style
from matplotlib.figure import Figure

from srbench.errors import OutputError
from srbench.files import atomic_write, expanded

FIGURE_SUFFIXES = (".png", ".pdf", ".svg")
_DPI = 200


def shortened(name: str, longest: int) -> str:
    """Shorten a name to at most `longest` characters by leaving out its middle, since names differ at the end."""
    if len(name) <= longest:
        return name
    head = (longest - 1) // 2
    return f"{name[:head]}…{name[head + 1 - longest :]}"


def check_suffix(path: Path) -> None:
    """Check the path of a figure before the figure is computed.

    Raises:
        RequestError: The path cannot be looked up.
        OutputError: The suffix is not one of `FIGURE_SUFFIXES`, or the path is a folder.
    """
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        raise OutputError(f"{path}: figures are written as {', '.join(FIGURE_SUFFIXES)}; end its name in one of them")
    if expanded(path).is_dir():
        raise OutputError(f"{path}: is a folder; name a file")


@dataclass(frozen=True)
class Drawing:
    """A matplotlib figure that a notebook shows, and that can be saved."""

    figure: Figure

    def save(self, path: str | Path) -> None:
        """Write the figure in the format of the suffix, `.png`, `.pdf` or `.svg`.

        Raises:
            OutputError: The suffix is invalid, or the file cannot be written.
        """
        write_figure(self.figure, Path(path))

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with style.context("default", after_reset=True):
            self.figure.savefig(buffer, format="png", dpi=_DPI // 2)
        return buffer.getvalue()


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure atomically and reproducibly as `.png` (200 pixels per inch), `.pdf` or `.svg`.

    Raises:
        OutputError: The suffix is invalid, or the file cannot be written.
    """
    check_suffix(path)
    path = expanded(path)
    kind = path.suffix.lower()[1:]
    undated = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[kind]
    # Fonts are embedded in PDF, and text stays text in SVG, so that it can be searched.
    with (
        style.context("default", after_reset=True),
        rc_context({"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "srbench"}),
    ):
        try:
            with atomic_write(path) as partial:
                figure.savefig(partial, format=kind, dpi=_DPI, metadata=undated)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
