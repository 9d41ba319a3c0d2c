"""Signal against exposure: linearity, and dark current.

H : exposure, light times time, any unit; S : mean signal above the dark, ADU
S = a0 + a1 H, fitted with weights 1 / S^2, so that relative deviations count (EMVA 1288 release 4,
linearity); LE is the mean of their absolute values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.calibration.photon_transfer.line.response_bend import Bend, fit_bend
from hil.calibration.photon_transfer.stack import Stack

_LOWEST_SHARE = 0.05  # of the largest signal; EMVA fits from 5 % to 95 % of saturation
_HIGHEST_SHARE = 0.95
_DIMMEST_SHARE = 0.01  # of the largest signal, that tells of a bend
_LEAST_PIXELS = 100


@dataclass(frozen=True)
class Linearity:
    """Mean relative deviation from the line, its standard uncertainty, and by what light varied.

    ``of_the_lamp`` where the light was varied rather than the exposure: then the lamp's own scale
    is part of the error.
    """

    error: float
    error_sd: float
    of_the_lamp: bool


def fit_linearity(
    stacks: Sequence[Stack],
    offset_adu: Floats,
    usable: NDArray[np.bool_],
    clip_adu: float,
    reached: bool,
) -> Linearity | None:
    """Fit signal over exposure; None with fewer than three levels that can be compared.

    Parameters
    ----------
    stacks
        Lit ones of one scene.
    offset_adu, usable
        (h, w) as in `hil.calibration.photon_transfer.line.variance_line.bin_stacks`.
    clip_adu
        Where values clip.
    reached
        Whether anything got there, so that 95 % of it is the end.
    """
    levels = _levels(stacks, offset_adu, usable, (_HIGHEST_SHARE if reached else 1.0) * clip_adu)
    if levels is None:
        return None
    h, s, sd = levels.h, levels.s, levels.sd
    wanted = s > _LOWEST_SHARE * s.max()
    h, s, sd = h[wanted], s[wanted], sd[wanted]
    if len(np.unique(h)) < 3:
        return None
    slope, intercept = np.polyfit(h, s, 1, w=1 / s)
    deviation = s / (intercept + slope * h) - 1
    error_sd = float(np.sqrt(((sd / s) ** 2).mean() / len(s)))
    return Linearity(float(np.abs(deviation).mean()), error_sd, levels.of_the_lamp)


def find_bend(
    stacks: Sequence[Stack],
    offset_adu: Floats,
    usable: NDArray[np.bool_],
    clip_adu: float,
    reached: bool,
) -> Bend | None:
    """Fit the response to signals over exposure; parameters as in `fit_linearity`."""
    levels = _levels(stacks, offset_adu, usable, (_HIGHEST_SHARE if reached else 1.0) * clip_adu)
    if levels is None:
        return None
    wanted = levels.s > _DIMMEST_SHARE * levels.s.max()
    if len(np.unique(levels.h[wanted])) < 4:
        return None
    h, s, sd = levels.h[wanted], levels.s[wanted], levels.sd[wanted]
    return fit_bend(h, s, sd / s, levels.moments, levels.reach, levels.of_the_lamp)


@dataclass(frozen=True, eq=False)
class _Levels:
    """Exposures h, mean signals s with their sd, (levels,); moments of the scene, its brightest."""

    h: Floats
    s: Floats
    sd: Floats
    of_the_lamp: bool
    moments: tuple[float, float]
    reach: float


def _levels(
    stacks: Sequence[Stack], offset_adu: Floats, usable: NDArray[np.bool_], top_adu: float
) -> _Levels | None:
    """Compare stacks by exposure, or by light where exposures are too few; None below three."""
    lights = {stack.light for stack in stacks}
    by_light = max(
        ([s for s in stacks if s.light == light] for light in lights),
        key=lambda group: len({s.exposure_ms for s in group}),
    )
    of_the_lamp = len({s.exposure_ms for s in by_light}) < 3
    chosen = list(stacks) if of_the_lamp else by_light
    common, kept = _common_pixels(chosen, usable, top_adu)
    if len(kept) < 3:
        return None
    h = np.array([stack.exposure_ms * stack.light for stack in kept])
    s = np.array([float((stack.mean_adu - offset_adu)[common].mean()) for stack in kept])
    sd = np.array([_mean_sd(stack, common) for stack in kept])
    brightest = kept[int(s.argmax())]
    image = (brightest.mean_adu - offset_adu)[common] / max(float(s.max()), 1e-9)
    moments = float((image**2).mean()), float((image**3).mean())
    return _Levels(h, s, sd, of_the_lamp, moments, float(np.quantile(image, 0.999)))


@dataclass(frozen=True)
class DarkLine:
    """Dark means over exposure: at none, and a millisecond's worth, ADU."""

    offset_adu: float
    offset_adu_sd: float
    current_adu_per_ms: float | None
    current_adu_per_ms_sd: float | None


def fit_dark_line(darks: Sequence[Stack], usable: NDArray[np.bool_]) -> DarkLine:
    """Fit the mean of dark stacks over exposure; with one exposure, its mean is the offset."""
    t = np.array([stack.exposure_ms for stack in darks])
    mean = np.array([float(stack.mean_adu[usable].mean(dtype=np.float64)) for stack in darks])
    sd = np.array([max(_mean_sd(stack, usable), 1e-9) for stack in darks])
    weight = 1 / sd**2
    if np.ptp(t) == 0:
        offset = float((weight @ mean) / weight.sum())
        excess = _scatter(((mean - offset) / sd) ** 2, len(mean) - 1)
        return DarkLine(offset, float(excess / np.sqrt(weight.sum())), None, None)
    design = np.stack([np.ones_like(t), t], axis=1)
    covariance = np.linalg.inv(design.T * weight @ design)
    a, b = covariance @ (design.T * weight @ mean)
    excess = _scatter(((mean - a - b * t) / sd) ** 2, len(mean) - 2)
    a_sd, b_sd = excess * np.sqrt(np.diag(covariance))
    return DarkLine(float(a), float(a_sd), float(b), float(b_sd))


def _scatter(squares: Floats, dof: int) -> float:
    """Factor by which points scatter more than they should, 1 at least."""
    return float(np.sqrt(max(1.0, squares.sum() / dof))) if dof > 0 else 1.0


def _mean_sd(stack: Stack, pixels: NDArray[np.bool_]) -> float:
    """Give the uncertainty of a mean over pixels and frames, with what all pixels share."""
    own = float(stack.variance_adu2[pixels].mean()) / (stack.n * max(int(pixels.sum()), 1))
    together = float(stack.frame_deviations_adu.var(ddof=1)) / stack.n
    return float(np.sqrt(max(own, together)))


def _common_pixels(
    stacks: Sequence[Stack], usable: NDArray[np.bool_], top_adu: float
) -> tuple[NDArray[np.bool_], list[Stack]]:
    """Pixels below the top in all stacks, leaving out the stacks that would leave too few."""
    common = usable.copy()
    kept: list[Stack] = []
    for stack in sorted(stacks, key=lambda stack: float(stack.mean_adu.mean())):
        left = common & (stack.mean_adu < top_adu)
        if left.sum() < max(_LEAST_PIXELS, 0.2 * usable.sum()):
            continue
        common, kept = left, [*kept, stack]
    return common, kept
