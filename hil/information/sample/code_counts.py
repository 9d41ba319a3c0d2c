"""What a histogram of codes says of the camera that gave them, before anything is estimated.

D, p : step and phase of the codes (`hil.noise.code_step`): y_k = round(D k + p)
M, m : the highest and the lowest code, where pixels pile up (`hil.noise.clip_test`)

The noise may be stated in the unit of the frames, as a calibration of such frames finds it, or in
the camera's own, from a data sheet. Frames tell where they can: they cannot be quieter than their
noise, nor darker than the offset.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

import numpy as np

from drivers.types import Floats
from hil.information.sample.codes_found import CameraCodes, Unit
from hil.noise.clip_test import clips_at_first, clips_at_last
from hil.noise.code_step import PLAIN, CodeStep, find_step, find_whole_step
from hil.noise.entropy.histogram import AduCounts
from hil.noise.model import FlattenedNoise, NoiseModel

_STRAY = 0.01  # share of pixels that may lie off the comb: clips, hits that were not rounded
_FAR = 3.0  # times the larger of both variances
_DARKEST = 1e-3  # share of the pixels

Noise = TypeVar("Noise", bound=NoiseModel | FlattenedNoise)
Seen = Callable[[CameraCodes], tuple[float, bool]]


def read_codes(counts: AduCounts, noise: Noise, seen: Seen) -> tuple[Noise, CameraCodes]:
    """Find step and piles, and put both into the noise model.

    Parameters
    ----------
    counts
        Of all pixels that count, none below 0.
    noise
        As stated; of a camera whose pixels differ, its typical one is asked.
    seen
        Given the step, the variance of the noise that the frames show, in steps, and whether
        repeats show it; asked only where there is a step.

    Returns
    -------
    The noise in the unit that `CameraCodes.numbers` gives, and what was found.
    """
    codes = CameraCodes()
    noise, counts, codes = _without_comb(counts, noise, codes, seen)
    noise, codes = _with_clips(noise, counts, codes)
    return noise, codes


def of_typical_pixel(noise: NoiseModel | FlattenedNoise) -> NoiseModel | None:
    """Give the noise of one pixel, or the typical one; None where pixels have none in ADU."""
    if not isinstance(noise, FlattenedNoise):
        return noise
    return cast("NoiseModel | None", getattr(noise, "typical", None))


def numbers_counted(counts: AduCounts, step: CodeStep) -> AduCounts:
    """Count numbers of codes in place of ADU."""
    numbers = step.number(counts.adu)
    first = int(numbers[0])
    return AduCounts(first, np.bincount(numbers - first, counts.counts).astype(np.float64))


def _without_comb(
    counts: AduCounts, noise: Noise, codes: CameraCodes, seen: Seen
) -> tuple[Noise, AduCounts, CameraCodes]:
    own = of_typical_pixel(noise)
    if own is None or np.count_nonzero(counts.counts) == counts.counts.size:
        return noise, counts, codes
    whole = np.concatenate([np.zeros(counts.first_adu), counts.counts]).astype(np.int64)
    step = find_step(whole)
    if step is PLAIN:
        step = find_whole_step(counts.counts, counts.first_adu)
    if step is PLAIN or not _explains(step, counts, own):
        return noise, counts, codes
    codes = replace(codes, step=step)
    top = math.inf
    highest = _highest_adu(noise, own)
    if math.isfinite(highest):
        top = float(math.floor((highest - step.phase_adu) / step.step_adu + 0.5))
    recoded = _recoded(noise, step.step_adu, step.phase_adu, top)
    if recoded is None:
        return noise, counts, codes
    codes = replace(codes, divided=True)
    in_steps = of_typical_pixel(recoded)
    assert in_steps is not None, "it has been asked before"
    unit = _unit_of(codes, own, in_steps, numbers_counted(counts, step), seen)
    codes = replace(codes, unit=unit)
    return noise if unit == "codes" else recoded, numbers_counted(counts, step), codes


def _highest_adu(noise: NoiseModel | FlattenedNoise, own: NoiseModel) -> float:
    return float(getattr(noise, "highest_adu", own.highest_adu))


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
    codes: CameraCodes, stated: NoiseModel, recoded: NoiseModel, counts: AduCounts, seen: Seen
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
    variance, repeated = seen(codes)
    if not repeated and variance > _FAR * in_codes:
        return "unclear"
    return "codes" if variance > math.sqrt(in_codes * in_adu) else "adu"


def _with_clips(noise: Noise, counts: AduCounts, codes: CameraCodes) -> tuple[Noise, CameraCodes]:
    from scipy.special import ndtr

    own = of_typical_pixel(noise)
    if own is None:
        return noise, codes
    first, last = float(counts.adu[0]), float(counts.adu[-1])

    def sigma(adu: float) -> float:
        return math.sqrt(max(own.mean_variance_adu2(adu, True) - 1 / 12, 0.0))

    def below(mean: Floats, edges: Floats) -> Floats:
        sd = np.array([max(sigma(float(m)), 1e-3) for m in mean])
        result: Floats = ndtr((edges[None, :] - mean[:, None]) / sd[:, None])
        return result

    share = codes.piled_share
    top = black = None
    if last < _highest_adu(noise, own) and clips_at_last(counts, sigma(last), below):
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
    clipped = None if top is None else _recoded(noise, 1.0, 0.0, top)
    return noise if clipped is None else clipped, codes


def _recoded(
    noise: Noise, step_adu: float, phase_adu: float, highest: float | None
) -> Noise | None:
    """Give the noise of (y - phase) / step, clipped at ``highest``; None of what cannot."""
    recode = getattr(noise, "recoded", None)
    return None if recode is None else cast(Noise, recode(step_adu, phase_adu, highest))
