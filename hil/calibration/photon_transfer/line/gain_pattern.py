"""Gains that differ between parts of the sensor: halves or quarters, odd and even columns or rows.

v_i, S_i : temporal variance and signal of pixel i          V(S) : the curve through all pixels
d_i      : v_i - V(S_i), which goes as S_i times the difference of 1 / g_i from the mean

    contrast of a part A against the rest:  mean over A of d S / S^2 less that over the rest

A gain that differs does so in every stack and at every light, so that one contrast over all pixels
sees one per cent. Of each kind of part that shows, pixels are sorted anew and lines fitted: each
part then has its own gain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.calibration.photon_transfer.line.variance_line import (
    ROUNDING_SHOWS_ADU2,
    Line,
    bin_stacks,
    fit_line,
)
from hil.calibration.photon_transfer.stability import LARGEST_SHARE
from hil.calibration.photon_transfer.stack import Stack

Mask = NDArray[np.bool_]
Curve = Callable[[Floats], Floats]

_SIGNIFICANT = 5.0
_LEAST_DIFFERENCE = 0.005
# name of a kind of parts: the two that a pixel may be in, by row and column of (h, w)
_KINDS: Mapping[str, tuple[str, str, Callable[[int, int], NDArray[np.int64]]]] = {
    "left and right": ("left half", "right half", lambda h, w: np.arange(w)[None] * 2 // w),
    "top and bottom": ("top half", "bottom half", lambda h, w: np.arange(h)[:, None] * 2 // h),
    "columns": ("even columns", "odd columns", lambda h, w: np.arange(w)[None] % 2),
    "rows": ("even rows", "odd rows", lambda h, w: np.arange(h)[:, None] % 2),
}


@dataclass(frozen=True)
class GainPattern:
    """Gains by part of the sensor.

    Parameters
    ----------
    kinds
        Names of what divides the sensor, each into two.
    gains_e_per_adu, gains_e_per_adu_sd
        Of each part, the last kind changing fastest.
    """

    kinds: tuple[str, ...]
    gains_e_per_adu: tuple[float, ...]
    gains_e_per_adu_sd: tuple[float, ...]

    def map(self, height: int, width: int) -> Floats:
        """Gain of each pixel, (height, width) electrons per ADU."""
        gains = np.asarray(self.gains_e_per_adu)
        return np.asarray(gains[self.part(height, width)], dtype=np.float64)

    def part(self, height: int, width: int) -> NDArray[np.int64]:
        """Give the number of each pixel's part, (height, width)."""
        return _part(self.kinds, height, width)

    def per(self, step_adu: float) -> GainPattern:
        """Give gains per ADU as stored, where they are per step of ``step_adu``."""
        return GainPattern(
            self.kinds,
            tuple(gain / step_adu for gain in self.gains_e_per_adu),
            tuple(sd / step_adu for sd in self.gains_e_per_adu_sd),
        )

    def __str__(self) -> str:
        names = [", ".join(words) for words in product(*(_KINDS[kind][:2] for kind in self.kinds))]
        each = zip(names, self.gains_e_per_adu, self.gains_e_per_adu_sd, strict=True)
        return "; ".join(f"{name} {gain:.4g} +- {sd:.2g} e/ADU" for name, gain, sd in each)

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        return {
            "kinds": list(self.kinds),
            "gains_e_per_adu": list(self.gains_e_per_adu),
            "gains_e_per_adu_sd": list(self.gains_e_per_adu_sd),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> GainPattern:
        """Rebuild what `to_json` gave."""
        return cls(**{key: tuple(value) for key, value in document.items()})


def find_gain_pattern(
    stacks: Sequence[Stack],
    offset_adu: Floats,
    usable: Mask,
    top_adu: float,
    line: Line,
    curve: Curve,
) -> GainPattern | None:
    """Look for parts of the sensor with gains of their own; None where all are one.

    Parameters
    ----------
    stacks, offset_adu, usable, top_adu, line
        As in `bin_stacks`.
    curve
        V of S, ADU^2 of ADU, rounding included.
    """
    if not line.slope_adu > 0 or not math.isfinite(line.slope_sd):
        return None
    scores = _scores(stacks, offset_adu, usable, top_adu, line, curve)
    if scores is None:
        return None
    height, width = usable.shape
    kinds = tuple(
        kind
        for kind, (_, _, part) in _KINDS.items()
        if _differs(np.broadcast_to(part(height, width), usable.shape), *scores, line)
    )
    if not kinds:
        return None
    gains, sds = [], []
    for number in range(2 ** len(kinds)):
        own = usable & (_part(kinds, height, width) == number)
        bins = bin_stacks(stacks, offset_adu, own, top_adu, line)
        fit = fit_line(bins.only(bins.clear & (bins.variance_adu2 > ROUNDING_SHOWS_ADU2)))
        if not fit.slope_adu > 0 or not math.isfinite(fit.slope_sd):
            return None
        gains.append(1 / fit.slope_adu)
        relative = math.hypot(fit.slope_sd / fit.slope_adu, LARGEST_SHARE / math.sqrt(12))
        sds.append(relative / fit.slope_adu)
    return GainPattern(kinds, tuple(gains), tuple(sds))


def _part(kinds: Sequence[str], height: int, width: int) -> NDArray[np.int64]:
    number = np.zeros((height, width), dtype=np.int64)
    for kind in kinds:
        number = 2 * number + _KINDS[kind][2](height, width)
    return number


def _scores(
    stacks: Sequence[Stack],
    offset_adu: Floats,
    usable: Mask,
    top_adu: float,
    line: Line,
    curve: Curve,
) -> tuple[Floats, Floats] | None:
    """(h, w) sums over stacks of d S / V^2 and of S^2 / V^2."""
    score, power = np.zeros(usable.shape), np.zeros(usable.shape)
    for stack in stacks:
        signal = np.asarray(stack.mean_adu - offset_adu, dtype=np.float64)
        noise = curve(signal)
        clear = usable & (stack.mean_adu + 4 * np.sqrt(1.5 * noise) < top_adu) & (signal > 0)
        # V of the typical pixel: weights must not follow a pixel's own noise
        level = float(np.median(signal[clear])) if clear.any() else 0.0
        if level <= 0:
            continue
        weight = clear * (stack.n - 1) / curve(np.maximum(signal, level)) ** 2
        score += weight * (stack.variance_adu2 - noise) * signal
        power += weight * signal**2
    return (score, power) if (power > 0).any() else None


def _differs(part: NDArray[np.int64], score: Floats, power: Floats, line: Line) -> bool:
    found, variance = [], 0.0
    for number in (0, 1):
        own = part == number
        total = float(power[own].sum())
        if total <= 0:
            return False
        slope = float(score[own].sum()) / total
        found.append(slope)
        variance += float(((score[own] - slope * power[own]) ** 2).sum()) / total**2
    apart = abs(found[1] - found[0])
    return apart > max(_SIGNIFICANT * math.sqrt(variance), _LEAST_DIFFERENCE * line.slope_adu)
