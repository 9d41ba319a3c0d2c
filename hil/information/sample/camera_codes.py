"""What integer frames say of the camera that gave them, before anything is estimated.

A comb of codes is divided out: its numbers take the place of ADU, and the noise model is put into
the same unit, so that no entropy is counted that no code can hold. A pile below the top code is a
clip at that code, whatever bit depth was stated; one above 0 is a black level that was cut off, and
counts as clipped: no noise model here has a clip there. How it is found, `code_counts` says; under
maps of a camera it is the raw codes that are looked at, before the maps change them.

A camera that is known to saturate below its top code may read a little more, by the read noise
above a full well: such pixels are put to the clip, where they belong.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.sample.checks import all_integers
from hil.information.sample.code_counts import Noise, read_codes
from hil.information.sample.codes_found import CameraCodes
from hil.information.sample.duplicates import count_duplicates
from hil.noise.entropy.histogram import AduCounts
from hil.noise.model import FlattenedNoise, NoiseModel

WIDEST = 2**20
_PATCH = 4  # pixels: side of what the noise is looked for in
_FIELDS = 32  # more say nothing new
_HITS = 0.01  # share of the pixels that no noise explains: what they differ by is left out


def look_at_codes(
    frames: NDArray[Any], noise: Noise, usable: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], Noise, CameraCodes]:
    """Read the codes, divide a comb out, and put clips into the noise model.

    Parameters
    ----------
    frames
        (n_fields, n_repeats, height, width); of whatever type, numbers that are no integers are
        left as they are.
    noise
        As stated.
    usable
        (height, width) pixels that count; None for all.

    Returns
    -------
    Frames and noise in one unit, and what was found.
    """
    whole = _whole_numbers(frames) if frames.ndim == 4 and frames.size > 0 else None
    if whole is None:
        return frames, noise, CameraCodes()
    given, frames = frames.dtype, whole
    duplicates = count_duplicates(frames)
    pixels = frames if usable is None else frames[..., usable]
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or low == high or high - low >= WIDEST:
        return frames.astype(given, copy=False), noise, CameraCodes(duplicates=duplicates)
    counts = AduCounts.of(pixels)
    assert counts is not None, "the span was looked at"

    def seen(codes: CameraCodes) -> tuple[float, bool]:
        some = codes.numbers(frames[:_FIELDS])
        repeated = frames.shape[1] > 1
        return (_repeat_variance(some) if repeated else _least_variance(some)), repeated

    clamps = high <= top_code_adu(noise)
    noise, codes = read_codes(counts, noise, seen)
    frames = codes.numbers(frames)
    if clamps:
        frames = clamped(frames, noise)
    return frames.astype(given, copy=False), noise, replace(codes, duplicates=duplicates)


def _whole_numbers(frames: NDArray[Any]) -> NDArray[Any] | None:
    """Give integers as such, real numbers too if all of them are; None where not."""
    if frames.dtype.kind in "ui":
        return frames
    if frames.dtype.kind != "f" or not all_integers(frames):
        return None
    return frames.astype(np.int64) if float(np.abs(frames).max()) < 2**52 else None


def top_code_adu(noise: NoiseModel | FlattenedNoise) -> float:
    """Up to which ADU a camera's pixels may read more than its clip; -inf where none may."""
    return float(getattr(noise, "top_code_adu", -math.inf))


def clamped(frames: NDArray[Any], noise: NoiseModel | FlattenedNoise) -> NDArray[Any]:
    """Put what reads more than the clip of a camera to it."""
    top = float(getattr(noise, "highest_adu", math.inf))
    if not math.isfinite(top) or frames.max(initial=0) <= top:
        return frames
    lower: NDArray[Any] = np.minimum(frames, np.asarray(top).astype(frames.dtype))
    return lower


def _repeat_variance(frames: NDArray[Any]) -> float:
    first, second = (frames[:, r].astype(np.float64) for r in (0, 1))
    square = ((first - second) ** 2).ravel()
    kept = max(1, round(square.size * (1 - _HITS)))
    return float(np.partition(square, kept - 1)[:kept].mean()) / 2


def _least_variance(frames: NDArray[Any]) -> float:
    some = frames[:, 0].astype(np.float64)
    clipped = some.clip(*np.quantile(some, (_HITS / 2, 1 - _HITS / 2)))
    return min(_of_weakest_wave(some), _of_weakest_wave(clipped))


def _of_weakest_wave(some: Floats) -> float:
    height, width = (side // _PATCH * _PATCH for side in some.shape[-2:])
    if height == 0 or width == 0:
        return float(some.var())
    tiles = some[:, :height, :width].reshape(
        len(some), height // _PATCH, _PATCH, width // _PATCH, _PATCH
    )
    patches = tiles.swapaxes(2, 3).reshape(-1, _PATCH * _PATCH)
    if len(patches) < 4 * _PATCH**2:
        return float(np.var(np.diff(some, axis=-1))) / 2
    return float(np.linalg.eigvalsh(np.cov(patches, rowvar=False))[0])
