"""Images as a caller gives them, arrays or tensors: their type, dtype and layout, checked."""

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from srbench.errors import ImageError, one_line

if TYPE_CHECKING:
    from torch import Tensor

GivenImage: TypeAlias = "NDArray[Any] | Tensor"
"""Image: an array, or a tensor on any device, of integers or floats; (C, H, W) or (H, W)."""

# An MPS device has no float64, so its tensors are copied to the processor.
_AS_ARRAYS = ("cpu", "mps")


class Readable(NamedTuple):
    """Image in the form that a pair takes.

    Attributes:
        name: `sr` or `hr`.
        samples: An array, also for a tensor in the processor's memory, which is not copied; else a tensor.
        dtype: The caller's dtype, such as `float32`.
        whole: Whether the samples are integers.
    """

    name: str
    samples: Any
    dtype: str
    whole: bool


def readable(sr: GivenImage, hr: GivenImage) -> tuple[Readable, Readable]:
    """Check that two images are both arrays or both tensors on one device, dense, real, and (C, H, W) or (H, W).

    Raises:
        ImageError: They are not; the message says what to do.
    """
    if type(sr) is type(hr) is np.ndarray:  # nearly always, and soon done
        return _of_array("sr", sr), _of_array("hr", hr)
    given = {"sr": sr, "hr": hr}
    for name, image in given.items():
        if not _is_tensor(image) and not isinstance(image, np.ndarray):
            raise ImageError(
                f"{name} is {described(image)}, expected a NumPy array or torch tensor, (C, H, W) or (H, W);"
                " numpy.asarray makes arrays of lists and Pillow images"
            )
    if _is_tensor(sr) != _is_tensor(hr):
        raise ImageError(
            f"sr is {described(sr)}, hr {described(hr)}; make both tensors with torch.from_numpy,"
            " or both arrays with tensor.numpy(force=True)"
        )
    if _is_tensor(sr) and _is_tensor(hr) and sr.device != hr.device:
        raise ImageError(f"sr is on device {sr.device}, hr on {hr.device}; move both to one device with tensor.to")
    first, second = (
        _of_array(name, image) if isinstance(image, np.ndarray) else _of_tensor(name, image)
        for name, image in given.items()
    )
    return first, second


def described(value: object) -> str:
    """Name the type of a value for an error message."""
    if value is None:
        return "None"
    if _is_tensor(value):
        return "a torch tensor"
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    kind = type(value)
    return f"of type {'' if kind.__module__ == 'builtins' else kind.__module__ + '.'}{kind.__qualname__}"


def _is_tensor(image: object) -> "TypeGuard[Tensor]":
    """Return whether an object is a tensor, without importing torch: a tensor's maker has done so."""
    return isinstance(image, getattr(sys.modules.get("torch"), "Tensor", ()))


def _of_array(name: str, array: NDArray[Any], dtype: str | None = None) -> Readable:
    if isinstance(array, np.ma.MaskedArray):
        raise ImageError(f"{name} is a masked array, but metrics use every sample; crop it, or fill it with filled()")
    if array.dtype.kind not in "buif":
        raise ImageError(f"{name} has dtype {array.dtype}, expected real numbers: integers or floats")
    _check_layout(name, array.shape)
    return Readable(name, np.asarray(array), dtype or _name_of(array.dtype), array.dtype.kind != "f")


@lru_cache(maxsize=32)
def _name_of(dtype: np.dtype[Any]) -> str:
    """`dtype.name`, which NumPy composes anew each time."""
    return dtype.name


def _of_tensor(name: str, tensor: "Tensor") -> Readable:
    if tensor.is_nested or tensor.is_quantized or tensor.is_meta or str(tensor.layout) != "torch.strided":
        raise ImageError(f"{name} is a sparse, nested, quantized or meta tensor, expected a dense one with samples")
    dtype = str(tensor.dtype).removeprefix("torch.")
    if tensor.is_complex():
        raise ImageError(f"{name} has dtype {dtype}, expected real numbers: integers or floats")
    if tensor.is_floating_point() and tensor.element_size() < 4:
        tensor = tensor.float()  # NumPy has no bfloat16
    if tensor.device.type in _AS_ARRAYS:
        try:
            array = tensor.numpy(force=True)
        except RuntimeError as error:  # inside torch.vmap or torch.compile, a tensor may hold no samples
            raise ImageError(f"the samples of {name} cannot be read: {one_line(error)}") from error
        return _of_array(name, array, dtype)
    _check_layout(name, tuple(tensor.shape))
    samples = tensor.detach() if dtype == "uint8" else tensor.detach().double()
    return Readable(name, samples, dtype, not tensor.is_floating_point())


def _check_layout(name: str, shape: tuple[int, ...]) -> None:
    """Refuse a batch, and channels in the last axis unless the first axis could be RGB or one plane."""
    if len(shape) == 4:
        raise ImageError(f"{name} is a batch of shape {shape}, expected one image (C, H, W); compare one by one")
    if len(shape) != 3 or shape[0] in (1, 3):
        return
    height, width, last = shape
    if last in (1, 3) or 0 < 2 * last <= min(height, width):
        raise ImageError(
            f"{name} has shape {shape}, expected channels first; transpose it to ({last}, {height}, {width}):"
            " array.transpose(2, 0, 1) or tensor.permute(2, 0, 1)"
        )
