"""Reading the tensors of weight files; no file is ever executed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from srbench.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

_NEITHER = "cannot be read as safetensors, nor as a plain state_dict of tensors"


def is_safetensors(path: Path) -> bool:
    """Return whether a file begins like safetensors: the length of a JSON object, then its opening brace."""
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size


def read_tensors(path: Path) -> Mapping[str, Tensor]:
    """Read the tensors of a safetensors file, or of a state_dict saved by `torch.save`, without executing any code.

    Raises:
        WeightsError: The file is neither, or holds something else than tensors.
    """
    import torch

    state = read_saved(path)
    if not isinstance(state, dict) or not all(torch.is_tensor(value) for value in state.values()):
        raise WeightsError(f"{path.name}: holds something else than a plain state_dict of tensors; save only that")
    return state


def read_saved(path: Path) -> Any:
    """Read a safetensors file, or what `torch.save` has saved, such as a dict of dicts, without executing any code.

    Raises:
        WeightsError: The file is neither, or cannot be read without executing it.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if is_safetensors(path):
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that it then refuses
            return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        # torch's own message is dropped: it explains how to execute the file.
        raise WeightsError(f"{path.name}: {_NEITHER} (it is something else)") from error
    except (OSError, RuntimeError, SafetensorError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path.name}: {_NEITHER} ({reason})") from error
