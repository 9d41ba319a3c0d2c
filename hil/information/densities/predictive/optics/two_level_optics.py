"""Scenes of two levels behind optics: which map of them, and what optics, made some frames.

y : (n, H, W) codes, R pixels wider on each side than was seen       w : one over the noise's
variance, 0 where nothing was seen                                     b : (n, H, W) map, 0 or 1
h : (2R + 1, 2R + 1) what a level adds around it                       c : what is there without

    y_j = c + sum_k h_k b_(j + k) + noise

Optics are found with the map, in turns: the map by descent, pixel by pixel, of the squared error
and of what neighbours say of each other (iterated conditional modes: Besag, J. R. Statist. Soc. B
1986), the optics by least squares. Neither need be right for what is made of them: they are to
tell as much of the frames as they can.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Singles
from hil.information.densities.predictive.optics.relaxed_map import STEPS, relaxed_map

REACH = 5  # R, pixels
FIRST_REACH = 3  # of optics to begin with
_WIDE = 2 * REACH + 1
_TAPS = [(i, j) for i in range(_WIDE) for j in range(_WIDE)]
BLURS_PX = (0.5, 0.9, 1.4)  # to begin with, standard deviations
_APART = 4  # pixels between those that are decided at once
_PAIRS = ((0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0))
_PRIOR_STEPS, _PRIOR_RIDGE = 5, 4.0
_SHARPENED = 1  # times that what was found sharpens
ROUNDS = (1, 4)  # after the first of these, and all, it is asked whether it is worth it
_LOOK_STEPS = 20
_SWEEPS, _LAST_SWEEPS = 2, 4
_NOTHING = 0.03  # widths of the noise: what adds less is left out of the descent
_REACHES = 4.0  # times the noise's variance
_RIDGE = 1e-6
_BITS = 16  # of what is fitted


class BorderedFrames(NamedTuple):
    """Frames, as the module says: y and w."""

    y: Singles
    w: Singles

    @classmethod
    def of(cls, codes: Singles, variance: Singles) -> BorderedFrames:
        """Widen frames (n, H, W) by R."""
        around = ((0, 0), (REACH, REACH), (REACH, REACH))
        weight = (1 / np.maximum(variance, 1e-6)).astype(np.float32)
        return cls(np.pad(codes, around, mode="edge"), np.pad(weight, around))


@dataclass(frozen=True)
class TwoLevelOptics:
    """See the module.

    Parameters
    ----------
    kernel, dark
        h and c.
    prior
        (7,) of a map: what each pair of neighbours adds to ln of a pixel's odds, and a constant.
    excess
        Squared errors over the noise's variance, mean.
    """

    kernel: Singles
    dark: np.float32
    prior: Singles
    excess: float

    @classmethod
    def begun(cls, seen: BorderedFrames) -> tuple[TwoLevelOptics, Singles]:
        """Find where to begin: sharpen, part at a level; with the map."""
        found = []
        for blur in BLURS_PX:
            b = sharpened(seen, gaussian_kernel(blur))
            found.append((cls.of(seen, b, FIRST_REACH), b))
        best, b = min(found, key=lambda each: each[0].excess)
        for _ in range(_SHARPENED):
            again = sharpened(seen, best.kernel)
            one = cls.of(seen, again, FIRST_REACH)
            if one.excess < best.excess:
                best, b = one, again
        return best, b

    def fitted(
        self, seen: BorderedFrames, b: Singles, n_rounds: int
    ) -> tuple[TwoLevelOptics, Singles]:
        """Go on from a map: the map by the optics, the optics by the map, in turns.

        A single round is a look, at optics that do not reach far.
        """
        reach, steps = (REACH, STEPS) if n_rounds > 1 else (FIRST_REACH, _LOOK_STEPS)
        one = self
        for _ in range(n_rounds):
            b = one.improved(seen, one._relaxed(seen, steps), _SWEEPS, max(one.excess, 1.0))
            one = TwoLevelOptics.of(seen, b, reach)
        return one, b

    @classmethod
    def of(cls, seen: BorderedFrames, b: Singles, reach: int) -> TwoLevelOptics:
        """Fit to frames and their maps; levels add to pixels at most ``reach`` away."""
        kernel, dark = _least_squares(seen, b, reach)
        error = seen.y - seen_of(b, kernel) - dark
        excess = float((error * error * seen.w).sum() / max(int((seen.w > 0).sum()), 1))
        return cls(kernel, dark, pair_odds(b), excess)

    def map_of(self, seen: BorderedFrames) -> Singles:
        """Find the map of frames."""
        return self.improved(seen, self._relaxed(seen, STEPS), _LAST_SWEEPS, max(self.excess, 1.0))

    def _relaxed(self, seen: BorderedFrames, steps: int) -> Singles:
        start = sharpened(seen, self.kernel)
        return relaxed_map(seen.y, seen.w, self.kernel, float(self.dark), start, steps)

    def planes(self, levels: NDArray[np.uint8]) -> list[Singles]:
        """Give what is told one by one, each (n, H, W): the map."""
        return [levels.astype(np.float32)]

    def light(self, levels: NDArray[np.uint8]) -> Singles:
        """Give what optics add up, (n, H, W): the map."""
        return levels.astype(np.float32)

    def refitted(self, seen: BorderedFrames, levels: NDArray[np.uint8]) -> TwoLevelOptics:
        """Fit to other frames and their maps."""
        return TwoLevelOptics.of(seen, levels.astype(np.float32), REACH)

    def predict(self, b: Singles) -> Singles:
        """Predict codes of maps (n, H + 2R, W + 2R), (n, H, W)."""
        height, width = (side - 2 * REACH for side in b.shape[1:])
        result = np.full((len(b), height, width), self.dark, dtype=np.float32)
        for (i, j), add in zip(_TAPS, self.kernel.ravel(), strict=True):
            if add:
                result += add * b[:, i : i + height, j : j + width]
        return result

    def reaches(self, seen: BorderedFrames, beyond: int) -> bool:
        """Whether levels further than ``beyond`` pixels away tell more of a pixel than its noise.

        Those on one side of it, all of one level or of the other.
        """
        end = REACH - beyond
        kernel = self.kernel.astype(np.float64)
        sides = (kernel[:end], kernel[-end:], kernel[:, :end], kernel[:, -end:])
        told = max(abs(float(side.sum())) for side in sides)
        return told**2 * float(seen.w[seen.w > 0].mean()) > _REACHES

    def improved(self, seen: BorderedFrames, b: Singles, sweeps: int, excess: float) -> Singles:
        """Descend from a map; errors have ``excess`` times the noise's variance."""
        y, w = seen.y, seen.w / np.float32(excess)
        loudest = float(np.sqrt(w.max()))
        narrow = self.kernel[::-1, ::-1]
        taps = [(i, j, narrow[i, j]) for i, j in _TAPS if abs(narrow[i, j]) * loudest > _NOTHING]
        _, height, width = y.shape
        b = np.pad(b, ((0, 0), (2, 2), (2, 2)), mode="edge")
        inner = b[:, 2:-2, 2:-2]
        # errors, and weights, wider by R so that no step ends at a border
        beyond = ((0, 0), (REACH, REACH), (REACH, REACH))
        w, error = np.pad(w, beyond), np.pad(y - self.dark, beyond)
        curved = np.zeros_like(y)
        for i, j, add in taps:
            error[:, i : i + height, j : j + width] -= add * inner
            curved += add * add * w[:, i : i + height, j : j + width]
        error *= w
        starts = [(i, j) for i in range(_APART) for j in range(_APART)]
        for _ in range(sweeps):
            changed = False
            for top, left in starts:
                at = np.s_[:, top::_APART, left::_APART]
                own = inner[at]
                rows, columns = own.shape[1:]
                gain = self._odds(b, top, left, rows, columns)
                around = [(_every(top + i, rows), _every(left + j, columns)) for i, j, _ in taps]
                for (_, _, add), (down, across) in zip(taps, around, strict=True):
                    gain += add * error[:, down, across]
                step = 1 - 2 * own
                gain *= step
                gain -= 0.5 * curved[at]
                step *= gain > 0
                if step.any():
                    changed = True
                    inner[at] += step
                    for (_, _, add), (down, across) in zip(taps, around, strict=True):
                        error[:, down, across] -= add * step * w[:, down, across]
            if not changed:
                break
        return inner.copy()

    def _odds(self, b: Singles, top: int, left: int, rows: int, columns: int) -> Singles:
        result = np.full((len(b), rows, columns), self.prior[-1], dtype=np.float32)
        for weight, (down, across) in zip(self.prior, _PAIRS, strict=False):
            for sign in (1, -1):
                i, j = top + 2 + sign * down, left + 2 + sign * across
                result += weight * b[:, _every(i, rows), _every(j, columns)]
        return result


def _every(start: int, n: int) -> slice:
    return slice(start, start + _APART * (n - 1) + 1, _APART)


def seen_of(b: Singles, kernel: Singles) -> Singles:
    """Give what optics make of maps (n, H, W), of the same size."""
    result = np.zeros_like(b)
    for shifted, add in zip(_shifted(b, REACH), kernel.ravel(), strict=True):
        if add:
            result += add * shifted
    return result


def _shifted(b: Singles, reach: int) -> list[Singles]:
    height, width = b.shape[1:]
    wide = np.pad(b, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    every = range(2 * reach + 1)
    return [wide[:, i : i + height, j : j + width] for i in every for j in every]


def _least_squares(seen: BorderedFrames, b: Singles, reach: int) -> tuple[Singles, np.float32]:
    inside = np.s_[:, REACH:-REACH, REACH:-REACH]
    columns = [one[inside].ravel() for one in _shifted(b, reach)]
    root = np.sqrt(seen.w[inside].ravel().astype(np.float64))
    a = np.stack([*columns, np.ones_like(root)]) * root
    own = a @ a.T
    right = a @ (seen.y[inside].ravel() * root)
    own += _RIDGE * (np.trace(own) + 1) * np.eye(len(own))
    found = even(np.linalg.solve(own, right))
    side = 2 * reach + 1
    return np.pad(found[:-1].reshape(side, side), REACH - reach), found[-1]


def even(values: Floats) -> Singles:
    """Round to steps far finer than noise: sums depend on how many threads share them.

    A pixel of a map that falls the other way for the last digit of a sum would be another estimate.
    """
    largest = float(np.abs(values).max(initial=0))
    if not 0 < largest < math.inf:
        return values.astype(np.float32)
    step = 2.0 ** (math.floor(math.log2(largest)) - _BITS)
    return (np.rint(values / step) * step).astype(np.float32)


def gaussian_kernel(blur_px: float) -> Singles:
    """Optics of so many pixels, standard deviation."""
    at = np.arange(-REACH, REACH + 1)
    line = np.exp(-0.5 * (at / blur_px) ** 2)
    return np.outer(line, line).astype(np.float32)


def without_optics(seen: BorderedFrames, kernel: Singles) -> Singles:
    """Undo optics as noise allows (Wiener), (n, H, W), about its mean."""
    y = seen.y
    _, height, width = y.shape
    wide = np.zeros((height, width), dtype=np.float32)
    total = float(kernel.sum())
    if not np.isfinite(total) or abs(total) < 1e-3 * float(np.abs(kernel).sum() + 1e-30):
        total = 1.0
    wide[:_WIDE, :_WIDE] = kernel[::-1, ::-1] / total
    passed = np.fft.rfft2(np.roll(wide, (-REACH, -REACH), axis=(0, 1)))
    mean = y.mean(dtype=np.float64)
    variance = max(float(y.var(dtype=np.float64)), 1e-12)
    noise = 4 / max(float(seen.w[seen.w > 0].mean()), 1e-12) / variance
    spectrum = np.fft.rfft2(y - np.float32(mean))
    spectrum *= passed.conj() / (np.abs(passed) ** 2 + noise)
    return np.fft.irfft2(spectrum, s=(height, width)).astype(np.float32)


def sharpened(seen: BorderedFrames, kernel: Singles) -> Singles:
    """Undo optics, and part at the level halfway between two means."""
    x = without_optics(seen, kernel)
    level = np.float32(0)
    for _ in range(8):
        above = x > level
        n = int(above.sum())
        if not 0 < n < above.size:
            break
        high = float(x[above].sum(dtype=np.float64))
        low = float(x.sum(dtype=np.float64)) - high
        level = np.float32((high / n + low / (above.size - n)) / 2)
    return (x > level).astype(np.float32)


def pair_odds(b: Singles) -> Singles:
    """Fit ln of a pixel's odds given its neighbours (logistic regression, Newton's steps)."""
    height, width = b.shape[1:]
    wide = np.pad(b, ((0, 0), (2, 2), (2, 2)), mode="edge")

    def at(down: int, across: int) -> Singles:
        part: Singles = wide[:, 2 + down : 2 + down + height, 2 + across : 2 + across + width]
        return part

    pairs = [at(i, j) + at(-i, -j) for i, j in _PAIRS]
    x: Floats = np.stack([*(one.ravel() for one in pairs), np.ones(b.size)]).astype(np.float64)
    # few kinds of neighbourhoods, many pixels
    key = sum(one.ravel().astype(np.int64) * 3**k for k, one in enumerate(pairs))
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    x = x[:, first]
    n = np.bincount(which).astype(np.float64)
    ones = np.bincount(which, b.ravel())
    odds = np.zeros(len(x))
    for _ in range(_PRIOR_STEPS):
        p = 1 / (1 + np.exp(-np.clip(odds @ x, -30, 30)))
        slope = x @ (ones - n * p) - _PRIOR_RIDGE * odds
        curve = (x * (n * p * (1 - p))) @ x.T + _PRIOR_RIDGE * np.eye(len(x))
        odds = odds + np.linalg.solve(curve, slope)
    return even(odds)
