"""Method specs and weight arguments, resolved to methods and files."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from srbench.api import TRUTH, BuildableMethod, Method
from srbench.cards import Entry, MethodCard, Registry, WeightsEntry
from srbench.errors import NotApplicableError, RequestError, SRBenchError, UnknownNameError, suggest
from srbench.files import Files, existing_files, expanded, file_identity, is_folder_spec, page_hint, place_sha256
from srbench.methods.sources.card import CardMethod
from srbench.methods.sources.function import callable_name, function_method
from srbench.methods.sources.userfile import method_from_file
from srbench.methods.sources.wrapped import WrappedMethod
from srbench.methods.wrappers.table import WRAPPERS


def free_name(name: str, cards: Registry) -> str:
    """Check that a user's row name is valid and belongs to no card, and return the name.

    Raises:
        RequestError: The name is a card's or HR, or has characters that are unsafe in tables and file names.
    """
    if not re.fullmatch(r"[\w.+-]+", name):
        raise RequestError(f"{name!r} cannot name a row; use letters, digits and . _ + -")
    if name in cards.methods:
        raise RequestError(f"{name!r} is the name of a method; choose another for your own")
    if name == TRUTH:
        raise RequestError(f"{name!r} is reserved for the ground truth; choose another name")
    return name


def find_methods(
    specs: Sequence[str | Callable[..., Any]], cards: Registry, files: Mapping[str, tuple[Path, ...]]
) -> tuple[BuildableMethod, ...]:
    """Find several methods; see `find_method`."""
    return tuple(find_method(spec, cards, files) for spec in specs)


def find_method(
    spec: str | Callable[..., Any], cards: Registry, files: Mapping[str, tuple[Path, ...]] = MappingProxyType({})
) -> BuildableMethod:
    """Find a method.

    Args:
        spec: A card's name, `name@weights`, `name:variant` or `./file.py:function`, each optionally followed by
            `+wrapper`s, or (in Python) a callable taking `(lr)` or `(lr, scale)`.
        cards: Registry to look names up in.
        files: The user's weight files by `name@weights`, one per scale.

    Raises:
        UnknownNameError: No card, weights or wrapper has this name.
        RequestError: The file or function is invalid, a variant is missing or unexpected, or a wrapper does not fit.
    """
    if not isinstance(spec, str):
        return function_method(free_name(callable_name(spec), cards), spec, {"call": uuid.uuid4().hex})
    base, wrappers = split_wrappers(spec)
    method = _find_unwrapped(base, cards, files)
    for name in wrappers:
        method = _wrap(method, name)
    return method


def split_wrappers(spec: str) -> tuple[str, list[str]]:
    """Split a spec into its base and wrapper names; a path before the colon, or a variant, may itself contain a +."""
    path, colon, attribute = spec.rpartition(":")
    if not colon or path.endswith(".py"):
        first, *wrappers = attribute.split("+")
        return f"{path}{colon}{first}", wrappers
    found: list[str] = []
    while (name := spec.rpartition("+")[2]) in WRAPPERS:
        spec = spec.removesuffix(f"+{name}")
        found.insert(0, name)
    return spec, found


def _wrap(method: BuildableMethod, name: str) -> BuildableMethod:
    if name not in WRAPPERS:
        raise _no_wrapper(method.name, name)
    wrapper = WRAPPERS[name]
    scales = method.scales if method.scales != "any" else (2,)
    if wrapper.needs_radius and any(method.receptive_radius(scale) is None for scale in scales):
        raise RequestError(
            f"{method.name}+{name}: the receptive radius of {method.name} is not known; give `receptive_radius`, in LR "
            "pixels, in its card or as the function's attribute"
        )
    return WrappedMethod(method, wrapper)


def _no_wrapper(method: str, name: str) -> UnknownNameError:
    has = ", ".join(WRAPPERS)
    return UnknownNameError(f"{method}+{name}: no wrapper {name!r}{suggest(name, WRAPPERS)} (there are: {has})")


def _find_unwrapped(spec: str, cards: Registry, files: Mapping[str, tuple[Path, ...]]) -> BuildableMethod:
    path, colon, attribute = spec.rpartition(":")
    if colon and path.endswith(".py"):
        return method_from_file(expanded(path), attribute)
    if spec.endswith(".py"):
        raise RequestError(f"{spec}: names no function; write {spec}:function")
    name, colon, variant = spec.partition(":")
    base = name.partition("@")[0]
    if is_folder_spec(base) or (base and base not in cards.methods and expanded(base).exists()):
        raise RequestError(f"{spec}: is no Python file; write a method of your own as ./file.py:function")
    if name in cards.methods and (colon or cards.method(name).card.variants):
        return _find_variant(cards.method(name), variant)
    name, at, weights = spec.partition("@")
    entry = cards.method(name)
    given = files.get(spec, ())
    entries = [item for item in entry.card.weights if item.name == weights]
    if not at:
        return CardMethod(entry)
    if entries:
        return CardMethod(entry, weights, _matching_files(entries, given, spec))
    if entry.card.variants:
        return _find_variant(entry, "")
    if not entry.card.weights:
        raise UnknownNameError(f"{spec}: {name} takes no weights; write {name} alone")
    if not given:
        known = {item.name for item in entry.card.weights}
        has = ", ".join(sorted(known)) or "none"
        raise UnknownNameError(
            f"{name} has no weights {weights!r}{suggest(weights, known)} (it has: {has}); for your own weights add "
            f"--weights {spec}=FILE"
        )
    if len(given) > 1:
        raise RequestError(f"{spec}: {len(given)} files given, expected one; give each file its own name after @")
    free_name(weights, cards)
    digest = file_identity(given[0])
    for item in entry.card.weights:
        if digest.startswith(item.sha256):
            raise RequestError(f"{spec}: {given[0].name} is {name}@{item.name}'s file for ×{item.scale}; use that name")
    return CardMethod(entry, weights, own=given[0], place=place_sha256(given[0]))


def _find_variant(entry: Entry[MethodCard], variant: str) -> CardMethod:
    """Find `name:variant`, where the variant may be a file."""
    name, wanted = entry.card.name, entry.card.variants
    if wanted is None:
        raise RequestError(f"method {name} has no variants; write {name} alone")
    if not variant:
        raise RequestError(f"method {name} needs a variant: write {name}:X, where X is {wanted}")
    path = expanded(variant)
    if path.is_dir():
        raise RequestError(f"{name}:{variant}: is a folder; a variant is {wanted}")
    head, plus, last = variant.rpartition("+")
    if plus and last.isidentifier() and not path.is_file():
        raise _no_wrapper(f"{name}:{head}", last)
    found = CardMethod(entry, variant=variant, place=place_sha256(path) if path.is_file() else "")
    try:
        _ = found.described
    except RequestError:
        raise
    except SRBenchError as error:  # nothing has begun
        raise RequestError(f"{name}:{variant}: {error}") from error
    return found


def _matching_files(entries: Sequence[WeightsEntry], given: Sequence[Path], method: str) -> dict[int, Path]:
    """Return the user's copies of a card's files by scale; a file that the card does not list is an error."""
    found: dict[int, Path] = {}
    for path in given:
        if entries[0].shipped:
            raise RequestError(f"{method}: is shipped with its pack; for your own weights choose another name after @")
        digest = file_identity(path)
        scales = [entry.scale for entry in entries if digest.startswith(entry.sha256)]
        if not scales:
            listed = ", ".join(f"×{entry.scale} {entry.sha256[:16]}" for entry in entries)
            raise RequestError(
                f"{path}: matches none of {method}'s files{page_hint(path)}: sha256 is {digest[:16]}…, its card lists "
                f"{listed}; for your own weights choose another name after @"
            )
        found |= dict.fromkeys(scales, path)
    return found


Weights = Mapping[str, Files] | Files | None


def named_files(weights: Weights, specs: Sequence[str]) -> dict[str, tuple[Path, ...]]:
    """Return weight files by `name@weights`, from the `weights` argument of `run` and the requested methods.

    Raises:
        RequestError: A file does not exist, or belongs to no requested method.
    """
    if not weights and weights != "":
        return {}
    bases = dict.fromkeys(split_wrappers(spec)[0] for spec in specs)
    named = [base for base in bases if "@" in base.partition(":")[0] and ".py:" not in base]
    if not isinstance(weights, Mapping):
        if len(named) != 1:
            first = weights if isinstance(weights, str | Path) else weights[0]
            raise RequestError(
                f"{first}: unclear which method has these weights; write the method as name@weights, with several such "
                f"methods also name@weights={first}, for a metric or classifier of the run NAME={first}"
            )
        weights = {named[0]: weights}
    for name in weights:
        if name not in named:
            raise RequestError(
                f"weights for {name!r}, which is not among the methods ({', '.join(specs)}), nor a metric or "
                "classifier of the run; omit it"
            )
    return existing_files(weights)


def refuse_scale(method: Method, scale: int) -> None:
    """Raise NotApplicableError if the method does not support the scale."""
    if method.scales != "any" and scale not in method.scales:
        only = f"{method.name} has no ×{scale}, only {_listed(method.scales)}"
        raise NotApplicableError(f"{only}; {scale_advice(method)}choose another --scale")


def scale_advice(method: Method) -> str:
    """Return the scales that wrappers add to a method's, as the beginning of advice; empty if none does."""
    added = {wrapper.name: wrapper.scales(method.scales) for wrapper in WRAPPERS.values()}
    found = [
        f"{method.name}+{name} has {_listed(scales)}; "
        for name, scales in added.items()
        if scales and scales != "any" and not set(scales) <= set(method.scales)
    ]
    return "".join(found)


def _listed(scales: Sequence[int]) -> str:
    return ", ".join(f"×{scale}" for scale in scales)
