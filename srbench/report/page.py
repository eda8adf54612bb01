"""Writing the report page: content, pictures, charts and the template, in one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from srbench.api import Progress
from srbench.errors import OutputError
from srbench.files import expanded, write_text
from srbench.report.content import MOST_IMAGES, Content, gather
from srbench.report.entries import group_entry, run_entry, viewer_data
from srbench.report.figures.tradeoff import COLOURS, MARKS
from srbench.report.pictures import Budget, Pictures, collect_pictures
from srbench.runs import open_runs, srbench_version


@dataclass(frozen=True)
class PageWritten:
    """Summary of a written page.

    Attributes:
        size: Size of the file in bytes.
        images: Number of images shown.
        cropped: Number of images of which only a part is shown.
        problems: Images that could not be shown, a line each.
        saved: Whether any run saved images.
    """

    size: int
    images: int
    cropped: int
    problems: tuple[str, ...]
    saved: bool


def write_page(
    folders: Sequence[Path],
    path: Path,
    title: str = "",
    progress: Progress = lambda *_: None,
    budget: Budget | None = None,
) -> PageWritten:
    """Write the report page of run folders.

    Args:
        folders: Run folders, finished or not.
        path: File to write; ends in `.html`.
        title: Title of the page; by default the folders' names.
        progress: Called with the number of images read and the total.
        budget: Largest total size of all pictures; by default it depends on their number.

    Raises:
        RequestError: A folder holds no run, or the path cannot be looked up.
        OutputError: The file has another suffix, or cannot be written.
        StoreError: A run cannot be read.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"{path}: the report is an HTML page; name the file .html")
    path = expanded(path)
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file")
    content = gather(open_runs(folders))
    pictures = collect_pictures(content.groups, MOST_IMAGES, budget, progress)
    text = render(content, pictures, title or f"srbench: {', '.join(run.label for run in content.runs)}")
    write_text(path, text, OutputError)
    return PageWritten(
        path.stat().st_size, len(pictures.views), pictures.cropped, tuple(pictures.problems), content.saved
    )


def render(content: Content, pictures: Pictures, title: str) -> str:
    """Return the report page as HTML text."""
    room = files("srbench.report") / "assets"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}  # images and methods have an order
    template = environment.from_string(room.joinpath("page.html.j2").read_text(encoding="utf-8"))

    # A method has the same style in every table.
    styles = {
        name: index for index, name in enumerate(dict.fromkeys(n for group in content.groups for n in group.methods))
    }

    def part(name: str) -> Markup:
        """An asset that is inserted unchanged."""
        return Markup(room.joinpath(name).read_text(encoding="utf-8"))  # noqa: S704  # shipped with srbench

    return template.render(
        title=title,
        version=srbench_version(),
        groups=[group_entry(index, group, pictures, styles) for index, group in enumerate(content.groups)],
        timed=any("images_per_s" in group.table for group in content.groups),
        pictures=bool(pictures.files),
        saved=content.saved,
        shown=len(pictures.views),
        most=MOST_IMAGES,
        hidden=sum(max(0, len(group.images) - MOST_IMAGES) for group in content.groups),
        cropped=pictures.cropped,
        files=pictures.files,
        remarks=[*content.remarks, *pictures.problems],
        runs=[run_entry(run) for run in content.runs],
        colours=COLOURS,
        marks=len(MARKS),
        data=viewer_data(content, pictures, styles),
        css=part("page.css"),
        tables_js=part("tables.js"),
        viewer_js=part("viewer.js"),
        slider=part("slider/img-comparison-slider.js"),
        slider_licence=room.joinpath("slider/LICENSE").read_text(encoding="utf-8"),
    )
