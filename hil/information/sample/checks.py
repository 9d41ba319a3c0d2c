"""What frames must be before anything is estimated from them."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.noise.model import NoiseModel

_WHERE = "frames"
_SHAPES = (
    "allowed: (n, height, width), (n_fields, n_repeats, height, width) or "
    "(n_fields, n_repeats, channels, height, width)"
)
_MIN_PATCH, _MAX_PATCH = 2, 64
_WIDEST_ADU = 5e9  # all of 32 bits: the square of its square is a number in single precision
_LEAST_VARIANCE_ADU2 = 1e-18  # and of this too
_LEAST_SHARE = 1e-10  # of the frames' variance, that noise may be of
_THINNED = 200_000  # pixels that tell the frames' variance


@dataclass(frozen=True)
class CheckedFrames:
    """Frames of one channel that can be worked on.

    Parameters
    ----------
    frames
        (n_fields, n_repeats, height, width) ADU.
    discrete
        Whether all values are integers.
    lowest_adu, highest_adu
        Extremes of the pixels.
    usable
        (height, width), true where pixels may be used; None for all. The others hold about the
        mean, in place of what they were.
    """

    frames: NDArray[Any]
    discrete: bool
    lowest_adu: float
    highest_adu: float
    usable: NDArray[np.bool_] | None = None

    @cached_property
    def mean_adu(self) -> float:
        """Mean of the usable pixels."""
        return float(self.pixels.mean(dtype=np.float64))

    @property
    def constant(self) -> bool:
        """Whether all usable pixels read the same."""
        return self.lowest_adu == self.highest_adu

    @cached_property
    def pixels(self) -> NDArray[Any]:
        """Usable pixels: `frames` themselves where all are, else (n_fields, n_repeats, n)."""
        return self.frames if self.usable is None else self.frames[..., self.usable]


def check_frames(
    frames: object,
    noise: NoiseModel,
    patch_size: int,
    usable: NDArray[np.bool_] | None = None,
) -> CheckedFrames:
    """Check shape, type and values of ``frames``, and that ``noise`` can have made them.

    Parameters
    ----------
    usable
        (height, width), true where pixels may be used; what others hold is not looked at.

    Raises
    ------
    InputError
        For anything wrong, in the user's words.
    """
    whole = four_axes(frames)
    check_patch_size(whole, patch_size)
    array = whole if usable is None else whole[..., usable]
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = int(array.size - np.count_nonzero(np.isfinite(array)))
        raise InputError(_WHERE, "", f"{bad} of {array.size} pixels are NaN or infinite")
    low, high = float(array.min()), float(array.max())
    discrete = array.dtype.kind in "ui" or all_integers(array)
    if noise.needs_integers and not discrete:
        raise InputError(
            _WHERE,
            "",
            f"{noise!r} describes integer ADU, and these are not integers; "
            "allowed: raw frames, never rescaled, or GaussianNoise",
        )
    if low < noise.lowest_adu:
        raise InputError(_WHERE, "", f"{low:g} ADU is negative, which {noise!r} cannot produce")
    if high > noise.highest_adu:
        raise InputError(
            _WHERE, "", f"{high:g} ADU lies above the clip of {noise!r}, {noise.highest_adu:g} ADU"
        )
    if discrete and max(abs(low), abs(high)) > 2**52:
        raise InputError(_WHERE, "", f"{high:g} ADU is more than can be counted exactly")
    _check_scale(array, noise, discrete, high - low)
    if usable is not None:
        fill = min(max(round(float(array.mean(dtype=np.float64))), low), high)
        whole = np.where(usable, whole, whole.dtype.type(fill))
    return CheckedFrames(whole, discrete, low, high, usable)


def _check_scale(array: NDArray[Any], noise: NoiseModel, discrete: bool, span_adu: float) -> None:
    """Refuse numbers whose squares single precision cannot hold, or tell from each other."""
    if span_adu > _WIDEST_ADU:
        raise InputError(
            _WHERE, "", f"span {span_adu:g} ADU; allowed: {_WIDEST_ADU:g}, or another unit"
        )
    thinned = np.asarray(array.reshape(-1)[:: max(1, array.size // _THINNED)], dtype=np.float64)
    predicted = noise.mean_variance_adu2(float(thinned.mean()), discrete)
    variance = float(thinned.var())
    if predicted < _LEAST_SHARE * variance:
        raise InputError(
            "noise",
            "",
            f"of variance {predicted:g} ADU^2 is lost beside the frames' {variance:g} ADU^2; "
            f"allowed: {_LEAST_SHARE:g} of it or more",
        )
    if predicted < _LEAST_VARIANCE_ADU2 and not noise.needs_integers:
        raise InputError(
            "noise",
            "",
            f"of variance {predicted:g} ADU^2 is too small to be computed with; allowed: "
            f"{_LEAST_VARIANCE_ADU2:g} ADU^2 or more, by another unit for frames and noise",
        )


def check_patch_size(array: NDArray[Any], patch_size: object) -> None:
    """Refuse a patch that is no integer from 2 to 64, or larger than the frame."""
    if isinstance(patch_size, bool) or not isinstance(patch_size, (int, np.integer)):
        raise InputError("patch_size", "", f"{patch_size!r} is not an integer")
    if not _MIN_PATCH <= patch_size <= _MAX_PATCH:
        raise InputError(
            "patch_size", "", f"{patch_size}; allowed: {_MIN_PATCH} to {_MAX_PATCH} pixels"
        )
    height, width = array.shape[-2:]
    if patch_size > min(height, width):
        colour = width in (3, 4) and height > 4
        hint = "; these look like colour images: channels go before height" if colour else ""
        raise InputError(
            "patch_size",
            "",
            f"{patch_size} is larger than the frame, {height} x {width} pixels{hint}",
        )


def check_share(name: str, value: object, low: float, high: float, *, ends: bool = False) -> float:
    """Check that an argument lies between ``low`` and ``high``, which count where ``ends``."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InputError(name, "", f"{value!r} is not a number")
    number = float(value)
    inside = low <= number <= high if ends else low < number < high
    if not math.isfinite(number) or not inside:
        raise InputError(name, "", f"{number:g}; allowed: between {low:g} and {high:g}")
    return number


def as_array(frames: object) -> NDArray[Any]:
    """Make one array of frames, whose types must not differ."""
    if isinstance(frames, np.ma.MaskedArray):
        raise InputError(_WHERE, "", "are a masked array; allowed: an array, and mask=")
    if isinstance(frames, np.ndarray):
        return frames
    _refuse_mixed_types(frames)
    try:
        return np.asarray(frames)
    except (ValueError, TypeError) as error:
        raise InputError(_WHERE, "", f"do not form one array: {error}") from None


def four_axes(frames: object) -> NDArray[Any]:
    """Give frames (n_fields, n_repeats, height, width), whatever they were given as."""
    array = as_array(frames)
    if array.dtype.kind not in "uif":
        raise InputError(
            _WHERE, "", f"hold {array.dtype} values; allowed: integers or real numbers"
        )
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim != 4:
        raise InputError(_WHERE, "", f"have shape {array.shape}; {_SHAPES}")
    if array.size == 0:
        raise InputError(_WHERE, "", f"are empty, shape {array.shape}; {_SHAPES}")
    # half precision holds ADU only up to 2048
    return array.astype(np.float32) if array.dtype == np.float16 else array


def all_integers(array: NDArray[Any]) -> bool:
    """Whether real numbers (n_fields, n_repeats, height, width) are whole ones, all of them."""
    first = array[0, 0]  # tells most real numbers without a look at all
    return all(bool((np.rint(part) == part).all()) for part in (first, array))


def _refuse_mixed_types(frames: object) -> None:
    if isinstance(frames, (list, tuple)):
        types = sorted({str(item.dtype) for item in frames if isinstance(item, np.ndarray)})
        if len(types) > 1:
            raise InputError(_WHERE, "", f"mix {' and '.join(types)}; allowed: one type for all")
