"""How lists are written on a command line."""

from srbench.errors import RequestError


def classifier_files(given: list[str] | None, classifiers: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Of `--weights` those that are written CLASSIFIER=FILE, and the others.

    Raises:
        RequestError: A classifier is given two files.
    """
    found: dict[str, str] = {}
    others: list[str] = []
    for item in given or ():
        name, equals, file = item.partition("=")
        if not equals or name not in classifiers:
            others.append(item)
        elif name in found:
            raise RequestError(f"--weights {name}: given {found[name]} and {file}; a classifier takes one file")
        else:
            found[name] = file
    return found, others


def weight_files(given: list[str] | None) -> dict[str, list[str]] | list[str] | None:
    """Read `--weights`, given any number of times.

    Raises:
        RequestError: Several files, and one does not say whose it is.
    """
    if not given:
        return None
    # A file's own name may have an =, a method's name without @ is none.
    named = [item.partition("=") for item in given if "=" in item and "@" in item.partition("=")[0]]
    if len(named) == len(given):
        return {name: [file for other, _, file in named if other == name] for name, _, _ in named}
    if not named:
        return given
    raise RequestError(f"--weights {' '.join(given)}: say of each file whose it is, NAME@WEIGHTS=FILE")


def names(text: str) -> tuple[str, ...]:
    """Split `a,b,c`.

    Raises:
        RequestError: An item is empty.
    """
    items = tuple(item.strip() for item in text.split(","))
    if not all(items):
        raise RequestError(f"{text!r} has an empty item; separate names by single commas")
    return items


def scales(text: str) -> tuple[int, ...]:
    """Split `2,3,4`.

    Raises:
        RequestError: An item is no whole number.
    """
    try:
        return tuple(int(item.lower().removeprefix("x")) for item in names(text))
    except ValueError:
        raise RequestError(f"scale {text!r} is no list of whole numbers; write for example --scale 2,4") from None


def shares(text: str) -> dict[str, int]:
    """Read `train=75,val=20,test=5`, percent by name; nothing of an empty text.

    Raises:
        RequestError: An item is none.
    """
    found: dict[str, int] = {}
    for item in names(text) if text else ():
        name, _, percent = item.partition("=")
        if not name.isidentifier() or not percent.isdigit() or name in found:
            raise RequestError(f"part {item!r}: write NAME=PERCENT, each name once, for example train=75,val=20,test=5")
        found[name] = int(percent)
    return found


def one_name(text: str) -> str:
    """Read a single name.

    Raises:
        RequestError: There are several.
    """
    found = names(text)
    if len(found) > 1:
        raise RequestError(f"{text!r}: only one here, for example {found[0]}")
    return found[0]


def one_scale(text: str) -> int:
    """Read a single factor.

    Raises:
        RequestError: It is no whole number, or there are several.
    """
    found = scales(text)
    if len(found) > 1:
        raise RequestError(f"scale {text!r}: only one here; write for example --scale 4")
    return found[0]


def sizes(text: str) -> tuple[tuple[int, int], ...]:
    """Read `320x180,510x339`, widths and heights in pixels.

    Raises:
        RequestError: An item is none, or there twice.
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
