"""Scenes of three levels or a few behind optics: maps that optics add up, a plane for each step.

b_l : (n, H, W) planes, 0 or 1        s_l : their steps, which sum to 1        S = sum s_l b_l

    y_j = c + sum_k h_k S_(j + k) + noise

is `two_level_optics` with S for the map, and for each plane, once the others are known, a scene of
two levels with optics s_l h: planes are found in turns. To begin with frames are sharpened, and
parted at the levels in which what is left of their variance is least (Lloyd, IEEE Trans. Inform.
Theory 1982); each level has the planes up to its own. They need not stay so: any planes are told,
each given the one before it at the same pixel, and what else they have in common is told twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Singles
from hil.information.densities.predictive.optics.relaxed_map import relaxed_map
from hil.information.densities.predictive.optics.two_level_optics import (
    BLURS_PX,
    FIRST_REACH,
    REACH,
    BorderedFrames,
    TwoLevelOptics,
    even,
    gaussian_kernel,
    pair_odds,
    seen_of,
    without_optics,
)

Bits = NDArray[np.uint8]

LEVELS: Final = (3, 4)
_ROUNDS: Final = 2
_TURNS, _STEPS, _SWEEPS = 2, 30, 1
_LLOYD_STEPS, _VALUES = 30, 4096
_LEAST_STEP = 0.05
# What the best levels leave of a variance, over what they leave of a normal distribution's (Max,
# IRE Trans. Inform. Theory 1960); an even distribution leaves 0.57 and 0.53 of it.
_LEFT_OF_NORMAL: Final = {2: 0.3634, 3: 0.1902, 4: 0.1175}
_MOST_LEFT: Final = 0.45


@dataclass(frozen=True)
class LevelPlanes:
    """See the module.

    Parameters
    ----------
    optics
        h and c, as of maps of S.
    steps
        s, a plane each.
    priors
        (planes, 7) what neighbours say of a pixel of each, as of `TwoLevelOptics`.
    """

    optics: TwoLevelOptics
    steps: Singles
    priors: Singles

    @classmethod
    def begun(cls, seen: BorderedFrames, n_levels: int) -> tuple[LevelPlanes, Bits]:
        """Find where to begin: sharpen, part at levels; with the planes, as bits."""
        kernels = [gaussian_kernel(blur) for blur in BLURS_PX]
        found = [cls._parted(seen, kernel, n_levels) for kernel in kernels]
        best = min(found, key=lambda one: one[0].optics.excess)
        again = cls._parted(seen, best[0].optics.kernel, n_levels)
        return min(best, again, key=lambda one: one[0].optics.excess)

    @classmethod
    def _parted(
        cls, seen: BorderedFrames, kernel: Singles, n_levels: int
    ) -> tuple[LevelPlanes, Bits]:
        x = without_optics(seen, kernel)
        inside = x[:, REACH:-REACH, REACH:-REACH].ravel()
        levels = lloyd_levels(inside[:: max(1, inside.size // _VALUES)], n_levels)
        bits = _nested(np.searchsorted((levels[1:] + levels[:-1]) / 2, x))
        steps = np.diff(levels)
        return cls.of(seen, bits, _to_one(steps), FIRST_REACH), bits

    @classmethod
    def of(cls, seen: BorderedFrames, bits: Bits, steps: Singles, reach: int) -> LevelPlanes:
        """Fit to frames and their planes, from steps about right."""
        planes = _planes(bits, len(steps))
        optics = TwoLevelOptics.of(seen, _light(planes, steps), reach)
        steps = _steps(seen, planes, optics)
        optics = TwoLevelOptics.of(seen, _light(planes, steps), reach)
        return cls(optics, steps, np.stack([pair_odds(one) for one in planes]))

    def fitted(self, seen: BorderedFrames, bits: Bits) -> tuple[LevelPlanes, Bits]:
        """Go on from planes: these by the optics, the optics by them, in turns."""
        one = self
        for _ in range(_ROUNDS):
            bits = one.improved(seen, bits)
            one = LevelPlanes.of(seen, bits, one.steps, REACH)
        return one, bits

    def map_of(self, seen: BorderedFrames) -> Bits:
        """Find the planes of frames, as bits."""
        total = float(self.optics.kernel.sum())
        x = without_optics(seen, self.optics.kernel)
        levels = np.concatenate([[0.0], np.cumsum(self.steps)]) * total + float(self.optics.dark)
        levels -= float(seen.y.mean(dtype=np.float64))
        start = _nested(np.searchsorted((levels[1:] + levels[:-1]) / 2, x))
        return self.improved(seen, start)

    def improved(self, seen: BorderedFrames, bits: Bits) -> Bits:
        """Find each plane again by what the others leave, twice."""
        planes = _planes(bits, len(self.steps))
        excess = max(self.optics.excess, 1.0)
        for _ in range(_TURNS):
            for k, (step, prior) in enumerate(zip(self.steps, self.priors, strict=True)):
                others = _light(planes, np.where(np.arange(len(planes)) == k, 0, self.steps))
                y = seen.y - seen_of(others, self.optics.kernel)
                own = replace(self.optics, kernel=self.optics.kernel * step, prior=prior)
                start = relaxed_map(y, seen.w, own.kernel, float(own.dark), planes[k], _STEPS)
                planes[k] = own.improved(BorderedFrames(y, seen.w), start, _SWEEPS, excess)
        return _of_planes(planes)

    def planes(self, bits: Bits) -> list[Singles]:
        """Give what is told one by one, each (n, H, W)."""
        return _planes(bits, len(self.steps))

    def light(self, bits: Bits) -> Singles:
        """Give S, (n, H, W)."""
        return _light(_planes(bits, len(self.steps)), self.steps)

    def predict(self, light: Singles) -> Singles:
        """Predict codes of S (n, H + 2R, W + 2R), (n, H, W)."""
        return self.optics.predict(light)

    def refitted(self, seen: BorderedFrames, bits: Bits) -> LevelPlanes:
        """Fit to other frames and their planes."""
        return LevelPlanes.of(seen, bits, self.steps, REACH)

    def reaches(self, seen: BorderedFrames, beyond: int) -> bool:
        """See `TwoLevelOptics`."""
        return self.optics.reaches(seen, beyond)


def of_few_levels(values: Singles) -> bool:
    """Whether values lie near three or four levels, and not near two, as far as blur lets them."""
    some = values.ravel()[:: max(1, values.size // _VALUES)]
    variance = float(some.var(dtype=np.float64))
    if not 0 < variance < np.inf:
        return False
    left = {n: _left(some, lloyd_levels(some, n)) / variance for n in _LEFT_OF_NORMAL}
    return any(left[n] < _MOST_LEFT * _LEFT_OF_NORMAL[n] for n in LEVELS)


def lloyd_levels(values: Singles, n: int) -> Floats:
    """(n,) levels, rising, of which values are the least apart, squared, from evenly taken ones."""
    x = np.sort(values.astype(np.float64))
    sums = np.concatenate([[0.0], np.cumsum(x)])
    levels: Floats = np.quantile(x, (np.arange(n) + 0.5) / n)
    for _ in range(_LLOYD_STEPS):
        ends = np.searchsorted(x, (levels[1:] + levels[:-1]) / 2)
        at = np.concatenate([[0], ends, [x.size]])
        size = np.diff(at)
        means = np.diff(sums[at]) / np.maximum(size, 1)
        levels = np.where(size > 0, means, levels)
    return levels


def _left(values: Singles, levels: Floats) -> float:
    nearest = levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, values)]
    return float(((values - nearest) ** 2).mean())


def _nested(level: NDArray[np.intp]) -> Bits:
    """Bits of planes: as many as the level's number."""
    return ((1 << level) - 1).astype(np.uint8)


def _planes(bits: Bits, n: int) -> list[Singles]:
    return [((bits >> k) & 1).astype(np.float32) for k in range(n)]


def _of_planes(planes: list[Singles]) -> Bits:
    result = np.zeros(planes[0].shape, dtype=np.uint8)
    for k, plane in enumerate(planes):
        result |= plane.astype(np.uint8) << k
    return result


def _light(planes: list[Singles], steps: Singles) -> Singles:
    result = np.zeros_like(planes[0])
    for plane, step in zip(planes, steps, strict=True):
        result += np.float32(step) * plane
    return result


def _to_one(steps: Floats) -> Singles:
    return even(steps / max(float(steps.sum()), 1e-12))


def _steps(seen: BorderedFrames, planes: list[Singles], optics: TwoLevelOptics) -> Singles:
    """Fit steps by least squares, given the optics."""
    inside = np.s_[:, REACH:-REACH, REACH:-REACH]
    root = np.sqrt(seen.w[inside].ravel().astype(np.float64))
    shown = [seen_of(one, optics.kernel)[inside].ravel() for one in planes]
    a = np.stack([*shown, np.ones_like(root)]) * root
    own = a @ a.T
    own += 1e-9 * (np.trace(own) + 1) * np.eye(len(own))
    steps = np.linalg.solve(own, a @ (seen.y[inside].ravel() * root))[:-1]
    return _to_one(np.maximum(steps, _LEAST_STEP))
