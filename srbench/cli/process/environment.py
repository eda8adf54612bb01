"""What surrounds the process, checked before a verb computes."""

import os
import warnings

import typer

from srbench.errors import RequestError, one_line

__all__ = ["check_environment", "forget_window_system"]


def check_environment() -> None:
    """Check the working directory, and the environment variables that numba reads when it is imported.

    Raises:
        RequestError: The working directory is gone, or numba cannot be imported with the value of a variable.
    """
    try:
        os.getcwd()  # noqa: PTH109  # `Path.cwd` is the same call
    except OSError:
        raise RequestError("the working directory is gone or closed to you; change to another folder") from None
    given = {name: value for name, value in sorted(os.environ.items()) if name.startswith("NUMBA_")}
    if given:  # in the usual case numba is imported later, when something is to be compiled
        _check_numba(given)


def _check_numba(given: dict[str, str]) -> None:
    """Import numba; a value that it passes over is named in a note."""
    features = given.get("NUMBA_CPU_FEATURES", "")
    if not all(item.strip()[:1] in ("", "+", "-") for item in features.split(",")):  # LLVM ends the process with others
        raise RequestError(f"NUMBA_CPU_FEATURES={features}: write + or - before each feature, or unset the variable")
    with warnings.catch_warnings(record=True) as passed_over:
        warnings.simplefilter("always")
        try:
            import numba  # noqa: F401  # imported only to learn what it says
        except ValueError as error:
            named = ", ".join(f"{name}={value}" for name, value in given.items())
            raise RequestError(f"{named}: numba cannot start ({one_line(error)}); correct or unset it") from error
    for warning in passed_over:
        first, *_ = str(warning.message).splitlines()
        if first.startswith("Environment variable"):
            typer.echo(f"note: {first}", err=True)


def forget_window_system() -> None:
    """Let matplotlib choose how it draws into files, whatever backend a notebook or a shell has exported."""
    os.environ.pop("MPLBACKEND", None)
