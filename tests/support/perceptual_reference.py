"""Values of LPIPS and DISTS by their authors' packages, with random networks on random images.

    python tests/support/perceptual_reference.py

writes `tests/models/perceptual_reference.json`, which the default tests compare with, since the packages are no
dependency of srbench. It needs `lpips` and `DISTS_pytorch` (`pip install --no-deps lpips DISTS_pytorch`), and of
`torchvision`, which both import, only a stand-in that is made here. The tests compare with the packages directly where
they are installed.

The networks are written down here once more, from torchvision's tables, so that an error in the pack's own is found.
Random numbers come from `RandomState`, whose streams NumPy never changes.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

SHIPPED = Path(__file__).parents[2] / "models" / "srbench_models" / "metrics" / "learned"
STORED = Path(__file__).parents[1] / "models" / "perceptual_reference.json"

SIZES = {"alex": [(64, 64), (35, 90), (63, 47)], "squeeze": [(64, 64), (17, 90), (66, 47)], "vgg": [(64, 64), (37, 50)]}
"""Heights and widths of the images compared with each network."""

_TORCHVISION = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}


class _Fire(nn.Module):
    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, kernel_size=1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, kernel_size=1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], 1)


def _layer(word: str, inputs: int) -> nn.Module:
    """`c OUTPUTS KERNEL STRIDE PADDING`, `r`elu, `p`ool KERNEL (`P`: ceil_mode), `f`ire SQUEEZED EXPANDED."""
    kind, *numbers = word.split()
    values = [int(number) for number in numbers]
    if kind == "c":
        return nn.Conv2d(inputs, values[0], values[1], stride=values[2], padding=values[3])
    if kind == "f":
        return _Fire(inputs, *values)
    return nn.ReLU(inplace=True) if kind == "r" else nn.MaxPool2d(values[0], stride=2, ceil_mode=kind == "P")


_TABLES = {
    "alex": "c 64 11 4 2, r, p 3, c 192 5 1 2, r, p 3, c 384 3 1 1, r, c 256 3 1 1, r, c 256 3 1 1, r, p 3",
    "squeeze": (
        "c 64 3 2 0, r, P 3, f 16 64, f 16 64, P 3, f 32 128, f 32 128, P 3, f 48 192, f 48 192, f 64 256, f 64 256"
    ),
    "vgg": ", ".join(
        word
        for channels, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
        for word in [*([f"c {channels} 3 1 1", "r"] * depth), "p 2"]
    ),
}


@lru_cache(maxsize=4)
def features_of(net: str) -> nn.Sequential:
    """The layers that torchvision calls `features`, with random weights that keep the variance."""
    layers, inputs = [], 3
    for word in _TABLES[net].split(", "):
        layers.append(_layer(word, inputs))
        if word[0] in "cf":
            inputs = int(word.split()[1]) if word[0] == "c" else 2 * int(word.split()[2])
    features = nn.Sequential(*layers).eval()
    generator = np.random.RandomState(7)
    for value in features.state_dict().values():
        bound = np.sqrt(6 / value[0].numel()) if value.ndim == 4 else 0.1
        value.copy_(torch.from_numpy(bound * (2 * generator.random_sample(tuple(value.shape)) - 1)))
    return features


def weights_of(net: str) -> dict[str, Tensor]:
    """The random weights under the names of a weight file."""
    return {f"features.{name}": value for name, value in features_of(net).state_dict().items()}


def images_of(height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """An upscaled image and its HR: uint8, (3, H, W); coarse squares with noise, the first blurred and with noise."""
    generator = np.random.RandomState(seed + 1000 * height + width)
    coarse = generator.randint(40, 216, (3, height // 8 + 1, width // 8 + 1))
    hr = np.kron(coarse, np.ones((8, 8), int))[:, :height, :width] + generator.randint(-30, 31, (3, height, width))
    sr = (hr + np.roll(hr, 1, 1) + np.roll(hr, 1, 2)) // 3 + generator.randint(-60, 61, hr.shape)
    return sr.clip(0, 255).astype(np.uint8), hr.clip(0, 255).astype(np.uint8)


@contextmanager
def stand_in(features: nn.Module) -> Iterator[None]:
    """Give packages that import torchvision a module whose networks all have these `features`."""
    models = ModuleType("torchvision.models")
    for name in _TORCHVISION.values():
        setattr(models, name, lambda **_: SimpleNamespace(features=features))
    torchvision = ModuleType("torchvision")
    torchvision.models, torchvision.transforms = models, ModuleType("torchvision.transforms")
    modules = {
        "torchvision": torchvision,
        "torchvision.models": models,
        "torchvision.transforms": torchvision.transforms,
    }
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the packages' own
            yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def lpips_by_authors(net: str, sr: np.ndarray, hr: np.ndarray) -> float:
    """LPIPS by the package `lpips`."""
    with stand_in(features_of(net)), torch.inference_mode():
        import lpips
        import lpips.pretrained_networks

        lpips.pretrained_networks.tv = sys.modules["torchvision.models"]  # imported once, with another's features
        return lpips.LPIPS(net=net, verbose=False)(_unit(sr), _unit(hr), normalize=True).item()


def lpips_by_torchmetrics(net: str, sr: np.ndarray, hr: np.ndarray) -> float:
    """LPIPS by torchmetrics, whose norm is √(Σ f² + 1e-8)."""
    from torchmetrics.functional.image import lpips as theirs

    available, theirs._TORCHVISION_AVAILABLE = theirs._TORCHVISION_AVAILABLE, True
    try:
        with stand_in(features_of(net)), torch.inference_mode():
            return theirs._LPIPS(net=net, pnet_rand=True)(_unit(sr), _unit(hr), normalize=True).item()
    finally:
        theirs._TORCHVISION_AVAILABLE = available


def dists_by_authors(sr: np.ndarray, hr: np.ndarray) -> float:
    """DISTS by the package `DISTS_pytorch`, with the shipped α and β: its own file is looked for in sys.prefix."""
    with stand_in(features_of("vgg")), torch.inference_mode():
        from DISTS_pytorch import DISTS_pt

        DISTS_pt.models = sys.modules["torchvision.models"]
        network = DISTS_pt.DISTS(load_weights=False)
        for name, value in load_file(SHIPPED / "dists.safetensors").items():
            getattr(network, name).data = value.view(1, -1, 1, 1)
        return network(_unit(sr), _unit(hr)).item()


def _unit(image: np.ndarray) -> Tensor:
    return torch.from_numpy(image).float()[None] / 255


def main() -> None:
    """Write the stored values."""
    values = {
        f"lpips:{net}" if net != "alex" else "lpips": {
            f"{height}x{width}": lpips_by_authors(net, *images_of(height, width)) for height, width in sizes
        }
        for net, sizes in SIZES.items()
    }
    values["dists"] = {
        f"{height}x{width}": dists_by_authors(*images_of(height, width)) for height, width in SIZES["vgg"]
    }
    STORED.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
