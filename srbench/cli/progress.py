"""Progress bars on stderr, with rate and time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from srbench.errors import StoppedError

__all__ = ["long_work", "progress_bar"]


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text("" if not task.speed else f"{task.speed:.1f}/s")


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress until the block ends; silent where stderr is no terminal.

    Args:
        what: The unit that is counted, such as `images`.

    Yields:
        A function of items done and items in all.
    """
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def long_work(folder: Path | None) -> Iterator[Callable[[int, int], None]]:
    """A progress bar over records; Ctrl-C becomes an error that says what was kept.

    Args:
        folder: The run folder; None where nothing is kept.

    Raises:
        StoppedError: Someone pressed Ctrl-C.
    """
    try:
        with progress_bar("records") as progress:
            yield progress
    except KeyboardInterrupt:
        kept = (
            f"what was scored is kept in {folder}: run the same command again to go on"
            if folder
            else "nothing was kept"
        )
        raise StoppedError(f"interrupted; {kept}") from None
