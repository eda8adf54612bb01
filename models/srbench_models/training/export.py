"""Export of weights as safetensors, with their recipe in the file's metadata."""

from __future__ import annotations

import copy
import json
import math
import subprocess
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from srbench.errors import OutputError
from srbench.files import atomic_write
from srbench_models.training.module import RestorationModule
from srbench_models.training.patches import Pair

__all__ = ["export_weights", "held_out_psnr"]

# Largest change of PSNR in dB for which weights are stored in half precision; it is imperceptible.
_HALF_PRECISION_COST = 0.002


def export_weights(module: RestorationModule, path: Path, *, origin: Path, sources: Mapping[str, str]) -> Path:
    """Write the network's weights atomically, and return `path`.

    Weights are in half precision if that changes the PSNR on the held-out images by less than 0.002 dB, otherwise in
    single precision. Counters stay integers.

    Args:
        module: The trained module, with the averaged weights.
        path: Output file.
        origin: Recipe file; the Git revision of its checkout is recorded.
        sources: Hashes of the training's inputs.

    Raises:
        OutputError: The file cannot be written; the training's checkpoint is kept.
    """
    network = copy.deepcopy(module.network).cpu().eval()
    full = {name: value.detach().contiguous() for name, value in network.state_dict().items()}
    half = {name: value.half() if value.is_floating_point() else value for name, value in full.items()}
    before = held_out_psnr(network, module.images.held_out)
    network.load_state_dict(half)
    after = held_out_psnr(network, module.images.held_out)
    halved = abs(after - before) < _HALF_PRECISION_COST
    metadata = {
        "recipe": json.dumps(module.recipe.describe(), sort_keys=True),
        "steps": str(module.recipe.schedule.steps),
        "training_images": str(len(module.images.train)),
        **sources,
        "held_out_psnr": f"{after if halved else before:.4f}",
        "half_precision_change_db": f"{after - before:+.5f}",
        "revision": _revision(origin),
        "torch": torch.__version__,
    }
    try:
        with atomic_write(path) as partial:
            save_file(half if halved else full, partial, metadata=metadata)
            partial.chmod(0o644)  # safetensors writes files readable by the owner only
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{path}: cannot be written ({error}); make room and add --resume") from error
    return path


def held_out_psnr(network: nn.Module, pairs: tuple[Pair, ...]) -> float:
    """Mean PSNR in dB over whole images, in the network's planes; clipped, not rounded, no border crop."""
    with torch.inference_mode():
        return sum(_psnr(network, pair) for pair in pairs) / len(pairs)


def _psnr(network: nn.Module, pair: Pair) -> float:
    lr, hr = (torch.from_numpy(side)[None].float() / 255 for side in (pair.lr, pair.hr))
    sr: Tensor = network(lr.contiguous(memory_format=torch.channels_last))
    return -10 * math.log10(float((sr.clamp(0, 1) - hr).square().mean()))


def _revision(origin: Path) -> str:
    """Git revision of a file's checkout; empty without one."""
    command = ["git", "-C", str(origin.resolve().parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603  # fixed
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip()
