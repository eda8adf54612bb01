"""Parsing of command-line values."""

from pathlib import Path

from srbench.errors import RequestError


def files_of(given: list[str] | None, users: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Split `--weights` into NAME=FILE entries of the given classifiers or metrics, and the rest.

    Raises:
        RequestError: One of them has two files.
    """
    found: dict[str, str] = {}
    others: list[str] = []
    for item in given or ():
        name, equals, file = item.partition("=")
        if not equals or name not in users:
            others.append(item)
        elif name in found:
            raise RequestError(f"--weights {name}: given {found[name]} and {file}; {name} takes one file")
        else:
            found[name] = file
    return found, others


def refuse_unasked(given: list[str]) -> None:
    """Raise RequestError for `NAME=FILE` where NAME is no method with weights: a metric or classifier not asked for."""
    for item in given:
        name, equals, file = item.partition("=")
        if equals and "@" not in name and not Path(item).exists() and Path(file).exists():
            raise RequestError(
                f"--weights {item}: the run has no metric or classifier {name}; ask for it with --metrics or "
                "--classifier, or write NAME@WEIGHTS=FILE for a method"
            )


def weight_files(given: list[str] | None) -> dict[str, list[str]] | list[str] | None:
    """Parse repeated `--weights`: files by NAME@WEIGHTS, plain files, or None if not given.

    Raises:
        RequestError: Some files have a name and others do not.
    """
    if not given:
        return None
    # A file name may contain "="; only a name with "@" names weights.
    named = [item.partition("=") for item in given if "=" in item and "@" in item.partition("=")[0]]
    if len(named) == len(given):
        return {name: [file for other, _, file in named if other == name] for name, _, _ in named}
    if not named:
        return given
    raise RequestError(f"--weights {' '.join(given)}: only some files have a name; write NAME@WEIGHTS=FILE for each")


def names(text: str) -> tuple[str, ...]:
    """Split a list of names such as `a,b,c`.

    Raises:
        RequestError: An item is empty.
    """
    items = tuple(item.strip() for item in text.split(","))
    if not all(items):
        raise RequestError(f"{text!r} has an empty item; separate names by single commas")
    return items


def scales(text: str) -> tuple[int, ...]:
    """Split a list of scales such as `2,3,4`.

    Raises:
        RequestError: An item is not an integer, or is out of range.
    """
    from srbench.harness.arguments.table import SCALE  # here, because listing must start fast

    try:
        found = tuple(int(item.lower().removeprefix("x")) for item in names(text))
    except ValueError:
        raise RequestError(f"scale {text!r} is not a list of whole numbers; write for example --scale 2,4") from None
    return tuple(SCALE.of("--scale", scale) for scale in found)


def shares(text: str) -> dict[str, int]:
    """Parse `train=75,val=20,test=5` to percentages by name; empty for an empty text.

    Raises:
        RequestError: An item is not NAME=PERCENT, or a name occurs twice.
    """
    found: dict[str, int] = {}
    for item in names(text) if text else ():
        name, _, percent = item.partition("=")
        if not name.isidentifier() or not percent.isdigit() or name in found:
            raise RequestError(f"part {item!r}: write NAME=PERCENT, each name once, for example train=75,val=20,test=5")
        found[name] = int(percent)
    return found


def one_name(text: str) -> str:
    """Parse a single name.

    Raises:
        RequestError: There are several names.
    """
    found = names(text)
    if len(found) > 1:
        raise RequestError(f"{text!r}: only one here is allowed, for example {found[0]}")
    return found[0]


def one_scale(text: str) -> int:
    """Parse a single scale.

    Raises:
        RequestError: The scale is not an integer, or there are several.
    """
    found = scales(text)
    if len(found) > 1:
        raise RequestError(f"scale {text!r}: only one here is allowed; write for example --scale 4")
    return found[0]


def sizes(text: str) -> tuple[tuple[int, int], ...]:
    """Parse `320x180,510x339` to widths and heights in pixels.

    Raises:
        RequestError: An item is not WIDTHxHEIGHT, or occurs twice.
    """
    found = tuple(_size(item) for item in names(text))
    if len(set(found)) < len(found):
        raise RequestError(f"size {text!r} names one twice; name it once")
    return found


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().replace("×", "x").partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise RequestError(f"size {text!r}: write WIDTHxHEIGHT in pixels, for example --size 320x180")
    return int(width), int(height)
