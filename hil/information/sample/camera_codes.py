"""What integer frames say of the camera that gave them, before anything is estimated.

D, p : step and phase of the codes (`hil.noise.code_step`): y_k = round(D k + p)
M, m : the highest and the lowest code, where pixels pile up (`hil.noise.clip_test`)

A comb of codes is divided out: k takes the place of y, and the noise model is put into the same
unit, so that no entropy is counted that no code can hold. A pile below the top code is a clip at
that code, whatever bit depth was stated; one above 0 is a black level that was cut off, and counts
as clipped: no noise model here has a clip there.

The noise may be stated in the unit of the frames, as a calibration of such frames finds it, or in
the camera's own, from a data sheet. Frames tell where they can: they cannot be quieter than their
noise, nor darker than the offset.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.clip_test import clips_at_first, clips_at_last
from hil.noise.code_step import PLAIN, CodeStep, find_step
from hil.noise.entropy.histogram import AduCounts
from hil.noise.model import NoiseModel

_STRAY = 0.01  # share of pixels that may lie off the comb: clips, hits that were not rounded
_WIDE = 2**20
_PATCH = 4  # pixels: side of what the noise is looked for in
_FIELDS = 32  # more say nothing new
_FAR = 3.0  # times the larger of both variances
_DARKEST = 1e-3  # share of the pixels
_HITS = 0.01  # share of the pixels that no noise explains: what they differ by is left out

Unit = Literal["adu", "codes", "unclear"]
_TELLING = 128  # pixels that differ from the most usual: two such frames are alike by no chance


@runtime_checkable
class RecodedNoise(Protocol):
    """Noise that can be put into the unit of a camera's codes."""

    def recoded(self, step_adu: float, phase_adu: float, highest: float | None) -> NoiseModel:
        """Give the noise of (y - phase) / step, clipped at ``highest`` of these codes."""
        ...


@dataclass(frozen=True, slots=True)
class CameraCodes:
    """What was found.

    Parameters
    ----------
    step
        Of the codes, ADU; `PLAIN` where all are used.
    divided
        Whether the frames were put into numbers of codes.
    unit
        What the noise is stated for: the frames' ADU, or the numbers of codes; where neither can be
        excluded, it is taken to be for ADU.
    top_adu, black_adu
        Where pixels pile up below the stated top code, and above 0; None where they do not.
    piled_share
        Share of the pixels there.
    duplicates
        How many frames are a copy of another.
    """

    step: CodeStep = PLAIN
    divided: bool = False
    unit: Unit = "adu"
    top_adu: float | None = None
    black_adu: float | None = None
    piled_share: float = 0.0
    duplicates: int = 0

    @property
    def flags(self) -> frozenset[str]:
        """What of it is flagged."""
        found = {
            "code_step": self.step is not PLAIN and self.divided,
            "codes_not_divided": self.step is not PLAIN and not self.divided,
            "noise_unit_unclear": self.unit == "unclear",
            "clips_inside": self.top_adu is not None or self.black_adu is not None,
            "duplicate_frames": self.duplicates > 0,
        }
        return frozenset(flag for flag, holds in found.items() if holds)

    def details(self) -> dict[str, Any]:
        """Give what of it an estimate states."""
        found: dict[str, Any] = {}
        if self.step is not PLAIN:
            found["code_step_adu"] = self.step.step_adu
            found["noise_stated_in"] = self.unit
        if self.top_adu is not None:
            found["clips_at_adu"] = self.top_adu
        if self.black_adu is not None:
            found["black_level_adu"] = self.black_adu
        if self.duplicates:
            found["duplicate_frames"] = self.duplicates
        return found

    def in_codes(self, adu: float) -> float:
        """Put an ADU of the frames into the unit that is worked in."""
        return adu if not self.divided else (adu - self.step.phase_adu) / self.step.step_adu


NOTHING_FOUND = CameraCodes()


def look_at_codes(
    frames: NDArray[Any], noise: NoiseModel, usable: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], NoiseModel, CameraCodes]:
    """Read the codes, divide a comb out, and put clips into the noise model.

    Parameters
    ----------
    frames
        (n_fields, n_repeats, height, width); real numbers are left as they are.
    noise
        As stated.
    usable
        (height, width) pixels that count; None for all.

    Returns
    -------
    Frames and noise in one unit, and what was found.
    """
    if not np.issubdtype(frames.dtype, np.integer) or frames.ndim != 4 or frames.size == 0:
        return frames, noise, CameraCodes()
    pixels = frames if usable is None else frames[..., usable]
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or low == high or high - low >= _WIDE:
        return frames, noise, CameraCodes(duplicates=_duplicates(frames))
    counts = AduCounts.of(pixels)
    assert counts is not None, "the span was looked at"
    codes = CameraCodes(duplicates=_duplicates(frames))
    frames, noise, counts, codes = _without_comb(frames, noise, counts, codes)
    noise, codes = _with_clips(noise, counts, codes)
    return frames, noise, codes


def _without_comb(
    frames: NDArray[Any], noise: NoiseModel, counts: AduCounts, codes: CameraCodes
) -> tuple[NDArray[Any], NoiseModel, AduCounts, CameraCodes]:
    if np.count_nonzero(counts.counts) == counts.counts.size:
        return frames, noise, counts, codes
    whole = np.concatenate([np.zeros(counts.first_adu), counts.counts]).astype(np.int64)
    step = find_step(whole)
    if step is PLAIN or not _explains(step, counts, noise):
        return frames, noise, counts, codes
    codes = replace(codes, step=step)
    if not isinstance(noise, RecodedNoise):
        return frames, noise, counts, codes
    table = step.number(np.arange(counts.first_adu + counts.counts.size))
    numbers = table.astype(frames.dtype)[frames.clip(0, table.size - 1)]
    of_numbers = AduCounts(
        int(table[counts.first_adu]),
        np.bincount(table[counts.adu] - table[counts.first_adu], counts.counts).astype(np.float64),
    )
    top = math.inf
    if math.isfinite(noise.highest_adu):
        top = float(math.floor((noise.highest_adu - step.phase_adu) / step.step_adu + 0.5))
    recoded = noise.recoded(step.step_adu, step.phase_adu, top)
    unit = _unit_of(numbers, noise, recoded, of_numbers)
    codes = replace(codes, divided=True, unit=unit)
    return numbers, noise if unit == "codes" else recoded, of_numbers, codes


def _explains(step: CodeStep, counts: AduCounts, noise: NoiseModel) -> bool:
    """Whether nearly all pixels lie on the comb, and noise would have filled its gaps."""
    adu = counts.adu
    off = np.rint(step.step_adu * step.number(adu) + step.phase_adu) != adu
    slack = np.abs(step.step_adu * step.number(adu) + step.phase_adu - adu) > 1.0
    stray = float(counts.counts[off & slack].sum()) / counts.n
    if stray > _STRAY:
        return False
    middle = float((counts.counts * adu).sum()) / counts.n
    # noise of less than a third of an ADU leaves gaps by itself
    return noise.mean_variance_adu2(middle, True) > 1 / 12 + 0.1


def _unit_of(
    numbers: NDArray[Any], stated: NoiseModel, recoded: NoiseModel, counts: AduCounts
) -> Unit:
    """Tell what the noise is stated for, by the noise that the frames show.

    Repeats show it exactly. Single frames show at least it: the least eigenvalue of the covariance
    of small patches, where optics leave a wave without scene (Pyatykh, Hesser and Zheng, IEEE
    Trans. Image Process. 2013). Cosmic rays and hot pixels count for neither: noise that is stated
    in another unit is another by the square of the step.
    """
    share = np.cumsum(counts.counts) / counts.n
    darkest = float(counts.adu[int(np.searchsorted(share, _DARKEST))])
    if darkest < stated.darkest_adu or stated.highest_adu < counts.adu[-1]:
        return "adu"
    mean = counts.mean(counts.adu.astype(np.float64))
    in_codes, in_adu = (n.mean_variance_adu2(mean, True) for n in (stated, recoded))
    repeated = numbers.shape[1] > 1
    seen = _repeat_variance(numbers) if repeated else _least_variance(numbers)
    if not repeated and seen > _FAR * in_codes:
        return "unclear"
    return "codes" if seen > math.sqrt(in_codes * in_adu) else "adu"


def _repeat_variance(frames: NDArray[Any]) -> float:
    first, second = (frames[:, r].astype(np.float64) for r in (0, 1))
    square = ((first - second) ** 2).ravel()
    kept = max(1, round(square.size * (1 - _HITS)))
    return float(np.partition(square, kept - 1)[:kept].mean()) / 2


def _least_variance(frames: NDArray[Any]) -> float:
    some = frames[:_FIELDS, 0].astype(np.float64)
    some = some.clip(*np.quantile(some, (_HITS / 2, 1 - _HITS / 2)))
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


def _with_clips(
    noise: NoiseModel, counts: AduCounts, codes: CameraCodes
) -> tuple[NoiseModel, CameraCodes]:
    from scipy.special import ndtr

    first, last = float(counts.adu[0]), float(counts.adu[-1])

    def below(mean: Floats, edges: Floats) -> Floats:
        sd = np.sqrt([max(noise.mean_variance_adu2(float(m), True) - 1 / 12, 1e-6) for m in mean])
        result: Floats = ndtr((edges[None, :] - mean[:, None]) / sd[:, None])
        return result

    def sigma(adu: float) -> float:
        return math.sqrt(max(noise.mean_variance_adu2(adu, True) - 1 / 12, 0.0))

    share = codes.piled_share
    top = black = None
    if last < noise.highest_adu and clips_at_last(counts, sigma(last), below):
        top, share = last, share + float(counts.counts[-1]) / counts.n
    if first > 0 and clips_at_first(counts, sigma(first), below):
        black, share = first, share + float(counts.counts[0]) / counts.n
    if top is None and black is None:
        return noise, codes
    step = codes.step if codes.divided else PLAIN
    codes = replace(
        codes,
        top_adu=None if top is None else step.adu(top),
        black_adu=None if black is None else step.adu(black),
        piled_share=share,
    )
    if top is not None and isinstance(noise, RecodedNoise):
        noise = noise.recoded(1.0, 0.0, top)
    return noise, codes


def _duplicates(frames: NDArray[Any]) -> int:
    """How many frames are a copy of another one; those in which next to nothing is do not count."""
    seen: set[bytes] = set()
    copies = 0
    for frame in frames.reshape(-1, *frames.shape[-2:]):
        if np.count_nonzero(frame != np.median(frame)) < _TELLING:
            continue
        key = hash_of(frame)
        copies += key in seen
        seen.add(key)
    return copies


def hash_of(frame: NDArray[Any]) -> bytes:
    """Give 16 bytes that tell frames apart."""
    from hashlib import blake2b

    return blake2b(np.ascontiguousarray(frame).data, digest_size=16).digest()
