"""Ground-truth labels in a classifier's own class order."""

from collections.abc import Sequence

from srbench.api import UNKNOWN, Labels, Task


def reordered(labels: Labels | None, task: Task, classes: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Ground-truth labels by image id, in the classifier's class order; empty if the label sets differ.

    Args:
        labels: A dataset's labels, or None.
        task: The classifier's task.
        classes: Names of the classifier's classes or attributes.

    Returns:
        By image id, a tuple of the class index, or of 1, 0 or `UNKNOWN` for each of the classifier's attributes.
    """
    if labels is None or unusable(labels, task, classes):
        return {}
    given = labels.classes
    if labels.task == "classes":
        return {image: (classes.index(given[value[0]]),) for image, value in labels.values.items()}
    order = [given.index(name) if given.count(name) == 1 else None for name in classes]
    return {
        image: tuple(UNKNOWN if index is None else value[index] for index in order)
        for image, value in labels.values.items()
    }


def unusable(labels: Labels, task: Task, classes: Sequence[str]) -> str:
    """Return the reason why labels cannot be compared with a classifier's predictions; empty if they can."""
    if labels.task != task:
        return f"it names {task}, the labels are {labels.task}"
    if not classes:
        return "it does not say what its classes are called"
    unknown = _unknown(labels, classes)
    if unknown and (labels.task == "classes" or len(unknown) == len(labels.classes)):
        return f"it does not know {_listed(unknown)}"
    return ""


def passed_over(labels: Labels, task: Task, classes: Sequence[str]) -> str:
    """Name the labelled attributes that the classifier does not predict; empty if none, or no label is usable."""
    unknown = [] if unusable(labels, task, classes) else _unknown(labels, classes)
    used = len(labels.classes) - len(unknown)
    return f"it does not know {_listed(unknown)}; the other {used} are used" if unknown else ""


def _unknown(labels: Labels, classes: Sequence[str]) -> list[str]:
    return [name for name in labels.classes if classes.count(name) != 1]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
