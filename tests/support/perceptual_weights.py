"""Make the small weight files of LPIPS and DISTS from their authors' packages.

`python tests/support/perceptual_weights.py FOLDER` writes them into `models/srbench_models/metrics/learned` and prints
their sha256. FOLDER holds the unpacked wheels of `lpips` 0.1.4 and `DISTS_pytorch` 0.1:
`FOLDER/lpips/weights/v0.1/*.pth` and `FOLDER/DISTS_pytorch/weights.pt`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from srbench.files import file_sha256

TARGET = Path(__file__).parents[2] / "models" / "srbench_models" / "metrics" / "learned"


def write(source: Path, name: str, licence: str) -> None:
    """Write a file's tensors, one value a channel, with the hash of the file they are from."""
    state = torch.load(source, map_location="cpu", weights_only=True)
    # The linear layers are called lin0.model.1.weight and so on: (1, C, 1, 1).
    tensors = {key.split(".")[0]: value.flatten().contiguous() for key, value in state.items()}
    # One entry: the order of several is random, and so would be the file's hash.
    origin = f"{source.name}, sha256 {file_sha256(source)}, {licence}"
    save_file(tensors, TARGET / name, metadata={"source": origin})
    (TARGET / name).chmod(0o644)
    print(name, file_sha256(TARGET / name))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for net in ("alex", "vgg", "squeeze"):
        write(folder / f"lpips/weights/v0.1/{net}.pth", f"lpips_{net}.safetensors", "BSD-2-Clause")
    write(folder / "DISTS_pytorch/weights.pt", "dists.safetensors", "MIT")
