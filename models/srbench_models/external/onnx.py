"""ONNX graphs as upscalers: one or three planes, either layout, float or 8 bits, any or one size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srbench.api import BuildRequest, Upscaler, VariantInfo
from srbench.errors import RequestError, RuntimeMissingError, one_line
from srbench.files import expanded
from srbench_models.libraries import loaded

__all__ = ["GraphForm", "OnnxUpscaler", "build", "describe"]

Run = Callable[[NDArray[Any]], NDArray[Any]]
"""Runs a graph: from its input array to its output array."""

_PROBE = (48, 64)
"""Height and width of the image by which a graph of any size is probed."""

_OVERLAP = 16
"""Pixels by which tiles of a graph of one size overlap on each side, or a quarter of the tile if that is less."""

_KINDS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


@dataclass(frozen=True)
class GraphForm:
    """What a graph takes and returns, by its own declaration; the scale is measured.

    Attributes:
        channels: 3 for RGB, 1 for luma.
        last: Whether channels are in the last axis of the input, NHWC.
        last_out: Whether they are in the last axis of the output.
        dtype: Of the input: floats in [0, 1], or uint8 in 0…255.
        size: Height and width of the only input size; None for any size.
        batch: Number of images of the only batch size; None for any.
        scale: Output size over input size.
    """

    channels: int
    last: bool
    last_out: bool
    dtype: np.dtype[Any]
    size: tuple[int, int] | None
    batch: int | None
    scale: int


class OnnxUpscaler:
    """An ONNX graph as an upscaler; larger images than a graph's only size are cut into overlapping tiles.

    Attributes:
        graph: The ONNX file, which other runtimes may run.
    """

    def __init__(self, graph: Path, form: GraphForm, run: Run) -> None:
        """Wrap a graph; `run` runs it."""
        self.graph, self._form, self._run = graph, form, run

    def through(self, run: Run) -> OnnxUpscaler:
        """Return the same upscaler with another function that runs the graph."""
        return OnnxUpscaler(self.graph, self._form, run)

    def __call__(self, lr: Tensor, /) -> Tensor:
        """Upscale a batch, (N, C, h, w) in [0, 1]."""
        images = lr.cpu().numpy()
        several = [images] if self._form.batch is None and self._form.size is None else [one[None] for one in images]
        upscaled = np.concatenate([self._any_size(batch) for batch in several])
        return torch.from_numpy(upscaled).to(lr.device)

    def _any_size(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Upscale a batch of any size, in tiles if the graph has a size."""
        size, scale = self._form.size, self._form.scale
        if size is None:
            return self._whole(images)
        height, width = images.shape[2:]
        pads = [(0, max(0, wanted - found)) for wanted, found in zip(size, (height, width), strict=True)]
        padded = np.pad(images, [(0, 0), (0, 0), *pads], mode="edge")
        out = np.empty((*images.shape[:2], padded.shape[2] * scale, padded.shape[3] * scale), np.float32)
        for rows in _spans(padded.shape[2], size[0]):
            for columns in _spans(padded.shape[3], size[1]):
                piece = self._whole(padded[:, :, rows.start : rows.stop, columns.start : columns.stop])
                out[:, :, rows.keep(scale), columns.keep(scale)] = piece[
                    :, :, rows.inside(scale), columns.inside(scale)
                ]
        return out[:, :, : height * scale, : width * scale]

    def _whole(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the graph on a batch of a size that it takes."""
        form = self._form
        batch = images.shape[0]
        if form.batch is not None and batch < form.batch:
            images = np.concatenate([images, np.repeat(images[:1], form.batch - batch, axis=0)])
        planes = np.round(images * 255).clip(0, 255) if form.dtype == np.uint8 else images
        planes = planes.transpose(0, 2, 3, 1) if form.last else planes
        out = np.asarray(self._run(np.ascontiguousarray(planes.astype(form.dtype))))[:batch]
        out = out.transpose(0, 3, 1, 2) if form.last_out else out
        return np.ascontiguousarray(out, np.float32) / np.float32(255 if out.dtype == np.uint8 else 1)


@dataclass(frozen=True)
class _Span:
    """Rows or columns of a tile, and those of them that are kept: all but half of an overlap with a neighbour."""

    start: int
    stop: int
    first: int
    last: int

    def keep(self, scale: int) -> slice:
        """Place in the result."""
        return slice(self.first * scale, self.last * scale)

    def inside(self, scale: int) -> slice:
        """Place in the upscaled tile."""
        return slice((self.first - self.start) * scale, (self.last - self.start) * scale)


def _spans(length: int, side: int) -> Iterator[_Span]:
    """Tiles of one side that cover a length, overlapping by at least twice `_OVERLAP`, or half a tile."""
    overlap = min(_OVERLAP, side // 4)
    count = max(1, math.ceil((length - 2 * overlap) / max(1, side - 2 * overlap))) if length > side else 1
    starts = [round(index * (length - side) / max(1, count - 1)) for index in range(count)]
    edges = [0, *((one + side + other) // 2 for one, other in pairwise(starts)), length]
    for index, start in enumerate(starts):
        yield _Span(start, start + side, edges[index], edges[index + 1])


def describe(variant: str) -> VariantInfo:
    """Return scale and colour of an ONNX file, found by running it on a small image.

    Raises:
        RuntimeMissingError: onnxruntime is not installed, or cannot be loaded.
        RequestError: The file is not there, or is no graph of an upscaler.
    """
    path = _file(variant)
    form = _form(path, *_state(path))
    size = "any size" if form.size is None else f"{form.size[1]}×{form.size[0]} pixels"
    layout, dtype = "NHWC" if form.last else "NCHW", np.dtype(form.dtype).name
    return VariantInfo(
        scales=(form.scale,),
        colour="rgb" if form.channels == 3 else "y",
        architecture=f"ONNX, {layout}, {dtype}, {size}",
        precisions=("fp32",),
        runtime="onnxruntime",
    )


def build(request: BuildRequest) -> Upscaler:
    """Open an ONNX file for a device; for errors see `describe`.

    Raises:
        RuntimeMissingError: The device is a GPU, and the installed onnxruntime has no provider for it.
    """
    path = _file(request.variant)
    session = _session(path, request.device)
    return OnnxUpscaler(path, _form(path, *_state(path)), _runner(session))


def _file(variant: str) -> Path:
    path = expanded(variant)
    if not path.is_file():
        raise RequestError(f"onnx:{variant}: no such file; name an .onnx file")
    return path


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _session(path: Path, device: str) -> Any:
    """Open a graph in onnxruntime, with as many threads as torch has."""
    library = loaded("onnxruntime", "onnxruntime", "pip install 'srbench[onnx]'")
    provider = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}[device.partition(":")[0]]
    if provider not in library.get_available_providers():
        raise RuntimeMissingError(
            f"onnxruntime has no {provider}, only {', '.join(library.get_available_providers())}; add --device cpu, or "
            "pip install onnxruntime-gpu in place of onnxruntime"
        )
    options = library.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4  # its errors are raised, too
    try:
        return library.InferenceSession(str(path), options, providers=[provider])
    except Exception as error:  # onnxruntime raises many kinds for what is no graph that it can run
        raise RequestError(f"{path.name}: onnxruntime cannot open it ({one_line(error)})") from error


def _runner(session: Any) -> Run:
    name = session.get_inputs()[0].name

    def run(planes: NDArray[Any]) -> NDArray[Any]:
        out: NDArray[Any] = session.run(None, {name: planes})[0]
        return out

    return run


@lru_cache(maxsize=4)
def _form(path: Path, *_: int) -> GraphForm:
    """Read a graph's declaration, and measure its scale by running it on a grey image."""
    session = _session(path, "cpu")
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise RequestError(f"{path.name}: has {len(inputs)} inputs and {len(outputs)} outputs, expected one of each")
    declared = inputs[0]
    if declared.type not in _KINDS or len(declared.shape) != 4:
        raise RequestError(
            f"{path.name}: takes {declared.type} of {len(declared.shape)} axes, expected float or uint8 of 4 axes"
        )
    sides = [side if isinstance(side, int) and side > 0 else None for side in declared.shape]
    last = sides[1] not in (1, 3) and sides[3] in (1, 3)
    channels = sides[3 if last else 1] or 3
    if channels not in (1, 3):
        raise RequestError(f"{path.name}: takes {channels} planes, expected 1 (luma) or 3 (RGB)")
    height, width = sides[1:3] if last else sides[2:4]
    size = None if height is None or width is None else (height, width)
    dtype = np.dtype(_KINDS[declared.type])
    probe = np.full((sides[0] or 1, channels, *(size or _PROBE)), 128 if dtype == np.uint8 else 0.5, dtype)
    try:
        out = _runner(session)(np.ascontiguousarray(probe.transpose(0, 2, 3, 1)) if last else probe)
    except Exception as error:
        raise RequestError(
            f"{path.name}: cannot be run on a {_shown(size or _PROBE)} image ({one_line(error)})"
        ) from error
    return _measured(path, out, GraphForm(channels, last, False, dtype, size, sides[0], 0), size or _PROBE)


def _measured(path: Path, out: Any, form: GraphForm, size: tuple[int, int]) -> GraphForm:
    """Check the result for a grey image, and add the scale and the layout of the output."""
    shape = tuple(np.shape(out))
    last = len(shape) == 4 and shape[1] != form.channels and shape[3] == form.channels
    sides: Sequence[int] = shape[1:3] if last else shape[2:4]
    if len(shape) != 4 or (shape[3] if last else shape[1]) != form.channels:
        raise RequestError(f"{path.name}: returns shape {shape}, expected {form.channels} planes in 4 axes")
    scale = sides[0] // size[0]
    if tuple(sides) != (size[0] * scale, size[1] * scale) or not 2 <= scale <= 16:
        raise RequestError(f"{path.name}: makes {_shown(sides)} of {_shown(size)}, expected a whole scale from 2 to 16")
    middle = float(np.mean(out)) / (255 if out.dtype == np.uint8 else 1)
    if not -0.5 < middle < 1.5:
        raise RequestError(f"{path.name}: makes {middle:.3g} of grey, 0.5; expected floats in [0, 1] or uint8")
    return GraphForm(form.channels, form.last, last, form.dtype, form.size, form.batch, scale)


def _shown(size: Sequence[int]) -> str:
    return f"{size[1]}×{size[0]}"
