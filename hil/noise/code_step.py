"""The step between the codes that a camera gives: bits that are shifted, or a digital gain.

y_k : code number k, ADU as stored; y_k = round(D k + p), D the step and p its phase
r   : mean square of y_k - D k - p, ADU^2

12 bits in 16 have D = 16 (or 65535 / 4095, where the upper bits are repeated below), a digital gain
of 1.5 has D = 1.5. Rounding is a step wide, D^2 / 12 + r, wherever it was done.

A code that no pixel has, between two that many have, is one that the camera does not give: light
makes a smooth histogram.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

Counts = NDArray[np.int64]

_MANY = 30  # pixels that make the codes beside an empty one count
_FEWEST_CODES = 8
_FEWEST_HOLES = 5
_LEAST_STEP = 1.02
_WIDEST_STEP = 2**12
_RARE = 0.05  # share of the distances between codes
_WIDEST_ROUNDING_ADU = 1.05  # 1, and what D errs by
_SURE = 5.0  # standard deviations of the first fit
_CODES_LOOKED_AT = 1000
_MOST_TRIED = 2000
_MOST_PHASES = 32


@dataclass(frozen=True)
class CodeStep:
    """A step.

    Parameters
    ----------
    step_adu
        D.
    phase_adu
        p, from 1 ADU below 0 to below D.
    error_adu2
        r.
    """

    step_adu: float = 1.0
    phase_adu: float = 0.0
    error_adu2: float = 0.0

    def number(self, adu: NDArray[np.integer]) -> Counts:
        """Give k of values of any shape."""
        numbers = np.rint((adu - self.phase_adu) / self.step_adu)
        return np.asarray(np.maximum(numbers, 0), dtype=np.int64)

    def adu(self, number: float) -> float:
        """Give the ADU of k, which need not be whole."""
        return self.step_adu * number + self.phase_adu


PLAIN = CodeStep()


def find_step(counts: Counts) -> CodeStep:
    """Find the step of a histogram, (values,) pixels that read 0, 1, ...; `PLAIN` for 1."""
    strong = np.flatnonzero(counts >= _MANY)
    if len(strong) < _FEWEST_CODES:
        return PLAIN
    total = np.concatenate([[0], np.cumsum(counts)])
    gap = np.diff(strong)
    # weak codes between them are the tail of something, not holes
    clean = (total[strong[1:]] - total[strong[:-1] + 1] == 0) & (gap <= _WIDEST_STEP)
    sizes, often = np.unique(gap[clean], return_counts=True)
    if not len(sizes) or int((gap[clean] - 1).sum()) < _FEWEST_HOLES:
        return PLAIN
    least = int(sizes[often >= _RARE * often.sum()][0])
    near = clean & (gap <= least + 1)
    run = _longest_run(near)
    if run[1] - run[0] + 1 < _FEWEST_CODES:
        return PLAIN
    found = _grown(strong, *run)
    return found if found.step_adu > _LEAST_STEP else PLAIN


def find_whole_step(counts: Floats, first_adu: int) -> CodeStep:
    """Find a step of whole ADU that every pixel keeps to, however few they are; `PLAIN` for 1.

    Where noise fills gaps, n pixels keep to a step of D by chance once in D^n times. What lies at
    either end may be a clip, which is on no grid.

    Parameters
    ----------
    counts
        (k,) pixels, which may be fractional, that read first_adu, first_adu + 1, ...
    """
    codes = np.flatnonzero(counts)[1:-1]
    if len(codes) < _MANY or float(counts[codes].sum()) < _MANY:
        return PLAIN
    step = int(np.gcd.reduce(np.diff(codes)))
    if not 1 < step <= _WIDEST_STEP:
        return PLAIN
    lowest = (int(codes[0]) + first_adu) % step
    return CodeStep(float(step), float(lowest - step if lowest > step - 1 else lowest), 0.0)


def _longest_run(near: NDArray[np.bool_]) -> tuple[int, int]:
    """Give the first and the last of the codes that follow each other."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
    starts, stops = ends[::2], ends[1::2]
    if not len(starts):
        return 0, 0
    longest = int(np.argmax(stops - starts))
    return int(starts[longest]), int(stops[longest])


def _grown(strong: NDArray[np.intp], start: int, stop: int) -> CodeStep:
    """Find D over a run, then over a range twice as wide, and so on to all codes.

    The codes' places modulo D leave the largest part of the circle empty where D is right.
    """
    codes = strong[1:-1].astype(np.float64)  # the ends may be clips, which lie on no grid
    run = strong[start : stop + 1].astype(np.float64)
    step = float(np.polyfit(np.arange(len(run)), run, 1)[0])
    if not step > _LEAST_STEP:
        return PLAIN
    doubt = _SURE * math.sqrt(12) * 0.4 / len(run) ** 1.5
    first, last = run[0], run[-1]
    reach, span = 0.0, 0.0
    while span < codes[-1] - codes[0]:
        inside = codes[(codes >= first - reach) & (codes <= last + reach)]
        reach = 2 * reach + (last - first) / 2
        if len(inside) < 3 or np.ptp(inside) <= span:
            continue
        span = float(np.ptp(inside))
        thinned = inside[:: max(1, len(inside) // _CODES_LOOKED_AT)]
        slack = min(1.0, step - 1) * step / span
        tried = step + np.arange(-doubt, doubt + slack / 20, max(slack / 10, doubt / _MOST_TRIED))
        step = max(tried.tolist(), key=lambda d: _empty_arc(thinned, d)[0])
        doubt = 2 * slack
    phase = _empty_arc(codes, step)[1]
    straight = float(np.polyfit(np.rint((codes - phase) / step), codes, 1)[0])
    step = max(step, straight, key=lambda d: _empty_arc(codes, d)[0])
    if abs(step - round(step)) * span < 0.3 * step and round(step) > 1:
        step = float(round(step))
    empty, phase = _empty_arc(codes, step)
    if not step > _LEAST_STEP or (1 - empty) * step > _WIDEST_ROUNDING_ADU:
        return PLAIN
    phase = min(_phases(codes, step, empty), key=lambda p: _misnumbered(codes, step, p))
    left = (codes - phase + step / 2) % step - step / 2
    phase += float(left.mean())
    lowest = phase % step
    return CodeStep(step, lowest - step if lowest > step - 1 else lowest, float(left.var()))


def _phases(codes: Floats, step: float, empty: float) -> list[float]:
    """Give the phase for every arc that is about as empty: of steps like 5/4 there are several."""
    place = np.sort(codes / step % 1.0)
    gap = np.diff(np.append(place, place[0] + 1.0))
    wide = np.flatnonzero(gap > 0.9 * empty)[:_MOST_PHASES]
    return [float((place[i] + (1 + gap[i]) / 2) % 1.0) * step for i in wide]


def _misnumbered(codes: Floats, step: float, phase: float) -> int:
    """Count codes that share a number, and neighbours that leave one out."""
    numbers, apart = np.rint((codes - phase) / step), np.diff(codes)
    between = np.diff(numbers)
    return int(np.sum(between == 0) + np.sum((between > 1) & (apart < 2 * step - 1)))


def _empty_arc(codes: Floats, step: float) -> tuple[float, float]:
    """Give the largest empty part of the circle, and the middle of the rest, ADU."""
    place = np.sort(codes / step % 1.0)
    gap = np.diff(np.append(place, place[0] + 1.0))
    widest = int(np.argmax(gap))
    middle = place[widest] + (1 + gap[widest]) / 2
    return float(gap[widest]), float(middle % 1.0) * step
