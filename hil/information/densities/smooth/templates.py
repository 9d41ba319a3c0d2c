"""The surface on which patches of smooth light lie, by many of its points, and its slopes there.

u : (n, d) patches in the coordinate in which noise has a width of 1
m : (K, d) patches that other fields show, anywhere and at any angle, almost without noise
T : (K, 3, d) what a patch turns into a pixel further down or across, or turned by a little

    q(u) = sum_k 1/K N(u; m_k, T_k^T C_k T_k + v I),     C_k = (T_k T_k^T / s^2 + I / reach^2)^-1

Along the surface each point stands for what lies within s, the distance to its neighbours, and
across it for noise alone (manifold Parzen windows: Vincent and Bengio 2002). Kinds of patches that
are fitted (`surfaces`) need many patches each; fringes are bent so much that there are thousands.

Patches are predicted value by value: a Kalman filter of the three coordinates along the slopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.smooth.anywhere import patches_anywhere
from hil.information.densities.smooth.denoised import DenoisedFields

Singles = NDArray[np.float32]
from collections.abc import Callable
Steepness = Callable[[Singles], tuple[Singles, Singles, Singles]]
Integers = NDArray[np.intp]

_DIRECTIONS = 16
_NEIGHBOUR, _SOME, _SHARE = 6, 256, 0.5
_NEAR = 4  # times as many, of which the likeliest are taken
_REACH, _LEAST_SQUARE = 1.5, 1e-3  # pixels, and the noise's width
_PATCHES_AT_ONCE, _FILTERED_AT_ONCE = 512, 2048


class Points(NamedTuple):
    """Some points of the surface.

    Parameters
    ----------
    middles, slopes
        m and T.
    squares
        (K, 3, 3) products of T.
    """

    middles: Singles
    slopes: Singles
    bends: Singles
    squares: Singles

    @classmethod
    def of(cls, light: Singles, p: int, steepness: Steepness) -> Points:
        """Take the middles of light (n, p + 4, p + 4), which is wider by two pixels all around."""
        n, inner = len(light), np.s_[2:-2]
        middle = light[:, inner, inner]
        row, column = (at - np.float32((p - 1) / 2) for at in np.mgrid[:p, :p])
        unit = np.float32(2 / p)

        def once(wide: Singles, axis: int) -> Singles:
            at = [wide[(slice(None),) * axis + (slice(2 + k, wide.shape[axis] - 2 + k),)] for k in (-2, -1, 1, 2)]
            return (np.float32(8) * (at[2] - at[1]) - (at[3] - at[0])) / np.float32(12)

        def twice(wide: Singles, axis: int) -> Singles:
            at = [wide[(slice(None),) * axis + (slice(2 + k, wide.shape[axis] - 2 + k),)] for k in (-2, -1, 0, 1, 2)]
            return (np.float32(16) * (at[1] + at[3]) - (at[0] + at[4]) - np.float32(30) * at[2]) / np.float32(12)

        down, across = once(light[:, :, inner], 1), once(light[:, inner], 2)
        dd, aa = twice(light[:, :, inner], 1), twice(light[:, inner], 2)
        da = once(once(light, 1), 2)
        turn = (column * down - row * across) * unit
        d_turn, a_turn = (column * dd - row * da) * unit, (column * da - row * aa) * unit
        turns = column * column * dd - 2 * row * column * da + row * row * aa
        turns = (turns - row * down - column * across) * unit**2
        u, g1, g2 = (x.reshape(n, -1) for x in steepness(middle))
        first = [x.reshape(n, -1) for x in (down, across, turn)]
        second = [x.reshape(n, -1) for x in (dd, da, d_turn, aa, a_turn, turns)]
        slopes = np.stack([g1 * x for x in first], axis=1)
        pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
        bends = np.stack([g1 * x + g2 * first[i] * first[j] for x, (i, j) in zip(second, pairs)], axis=1)
        return cls(u, slopes, bends, slopes @ slopes.swapaxes(1, 2))


def points_of(
    fields: DenoisedFields, frames: Singles, p: int, n: int, rng: np.random.Generator
) -> Points:
    """Take n points of frames (F, h, w) in u, of the fields of some sample.

    They are read between pixels in the light itself, which optics have blurred: its square root is
    not as smooth as that.
    """
    light = patches_anywhere(fields.light_of(frames), p + 4, n, rng, turned=True)
    return Points.of(light.reshape(-1, p + 4, p + 4), p, fields.steepness)


class SeenAnywhere:
    """Points that each field of a sample shows, found when they are asked for.

    Parameters
    ----------
    frames
        Its fields.
    patch_size
        p.
    n
        Points of a field.
    seed
        Of their places and angles.
    """

    def __init__(self, frames: DenoisedFields, patch_size: int, n: int, seed: int) -> None:
        self.frames, self._p, self._n, self._seed = frames, patch_size, n, seed
        self._found: dict[int, Points] = {}

    def __call__(self, fields: Integers) -> Points:
        """Points of some fields."""
        for field in (int(one) for one in fields if int(one) not in self._found):
            rng = np.random.default_rng((self._seed, field))
            frames, _ = self.frames(np.array([field]))
            self._found[field] = points_of(self.frames, frames, self._p, self._n, rng)
        parts = zip(*(self._found[int(one)] for one in fields), strict=True)
        return Points(*(np.concatenate(part) for part in parts))


@dataclass(frozen=True)
class Templates:
    """See the module.

    Parameters
    ----------
    points
        m and T.
    spread
        (K, 3, 3) C.
    variance
        v, of noise and of what is left of it in m.
    mean, along
        (d,) of all of them, and (d, r) their principal directions.
    coordinates, slopes
        (K, r) and (K, 3, r) along these.
    within
        (K, 3, 3) what of a patch's distance, squared, there is along the slopes.
    """

    points: Points
    spread: Singles
    variance: float
    mean: Singles
    along: Singles
    coordinates: Singles
    slopes: Singles
    within: Singles

    @classmethod
    def of(cls, points: Points, left: float) -> Templates:
        """Take points that are told but for noise of a variance ``left``."""
        mean = points.middles.mean(axis=0)
        about = points.middles - mean
        axes = np.linalg.eigh((about.T @ about).astype(np.float64))[1]
        along = axes[:, -_DIRECTIONS:].astype(np.float32)
        return cls._spread(points, 1 + left, mean, along, about @ along, points.slopes @ along)

    @classmethod
    def _spread(
        cls,
        points: Points,
        variance: float,
        mean: Singles,
        along: Singles,
        c: Singles,
        slopes: Singles,
    ) -> Templates:
        few = np.unique(np.linspace(0, len(c) - 1, _SOME).astype(np.intp))
        nth = min(_NEIGHBOUR, len(c) - 1)
        apart = np.partition(_squares(c[few], c), nth, axis=1)[:, nth]
        s2 = _SHARE**2 * float(np.median(np.maximum(apart, 0))) + _LEAST_SQUARE
        square, turned = np.linalg.eigh(points.squares.astype(np.float64))
        far = np.maximum(square, 1e-9) * (_REACH**2 / s2)
        spread = (turned * (_REACH**2 * far / (1 + far) ** 2)[:, None]) @ turned.swapaxes(1, 2)
        spread = spread.astype(np.float32)
        # ln of a density with that spread about the point, but for constants, is half as much less
        squares = (slopes @ slopes.swapaxes(1, 2)).astype(np.float64)
        within = np.linalg.solve(np.eye(3) + spread.astype(np.float64) @ squares, spread.astype(np.float64))
        return cls(points, spread, variance, mean, along, c, slopes, within.astype(np.float32))

    @property
    def log_weights(self) -> Floats:
        """(K,) ln 1/K."""
        n = len(self.coordinates)
        return np.full(n, -np.log(n))

    def every(self, n: int) -> Templates:
        """Keep every n-th of them, which stands for more."""
        points = Points(*(np.ascontiguousarray(part[::n]) for part in self.points))
        coordinates = np.ascontiguousarray(self.coordinates[::n])
        return self._spread(
            points, self.variance, self.mean, self.along, coordinates, self.slopes[::n]
        )

    def likeliest(self, u: Singles, most: int) -> Integers:
        """(n, most) those that patches (n, d) are the likeliest of, by principal directions.

        Of some that are near, those from which a patch is not far but along the slopes.
        """
        near = min(_NEAR * most, len(self.coordinates))
        most = min(most, near)
        found = []
        for i in range(0, len(u), _PATCHES_AT_ONCE):
            some_u = u[i : i + _PATCHES_AT_ONCE]
            c = np.asarray((some_u - self.mean) @ self.along, dtype=np.float32)
            some = np.argpartition(_squares(c, self.coordinates), near - 1, axis=1)[:, :near]
            apart = c[:, None] - self.coordinates[some]
            slopes = self.slopes[some]
            along = (slopes @ apart[..., None])[..., 0]
            left = (apart * apart).sum(axis=2)
            left -= (along * (self.within[some] @ along[..., None])[..., 0]).sum(axis=2)
            best = np.argpartition(left, most - 1, axis=1)[:, :most]
            found.append(np.take_along_axis(some, best, axis=1))
        return np.concatenate(found).astype(np.intp)

    def predict(self, u: Singles, kind: Integers) -> tuple[Singles, Singles]:
        """Predict each value of patches (n, d), of a template each, by earlier ones; deviation."""
        value, sd = np.empty_like(u), np.empty_like(u)
        for i in range(0, len(u), _FILTERED_AT_ONCE):
            some = slice(i, i + _FILTERED_AT_ONCE)
            value[some], sd[some] = self._filtered(u[some], kind[some])
        return value, sd

    def _filtered(self, u: Singles, kind: Integers) -> tuple[Singles, Singles]:
        n, d = u.shape
        middles = self.points.middles[kind]
        about = np.ascontiguousarray((u - middles).T)
        slope = np.ascontiguousarray(self.points.slopes[kind].transpose(2, 1, 0))
        spread = np.ascontiguousarray(self.spread[kind].transpose(1, 2, 0))
        at = np.zeros((3, n), dtype=np.float32)
        value, variance = np.empty((d, n), dtype=np.float32), np.empty((d, n), dtype=np.float32)
        bend = np.ascontiguousarray(self.points.bends[kind].transpose(2, 1, 0))
        for i in range(d):
            h = bend[i]
            ha = np.stack([h[0] * at[0] + h[1] * at[1] + h[2] * at[2],
                  h[1] * at[0] + h[3] * at[1] + h[4] * at[2],
                  h[2] * at[0] + h[4] * at[1] + h[5] * at[2]])
            value[i] = ((slope[i] + np.float32(.5) * ha) * at).sum(axis=0)
            a = slope[i] + ha
            value[i] += np.float32(0.5) * (h[0] * spread[0, 0] + h[3] * spread[1, 1] + h[5] * spread[2, 2]) + h[1] * spread[0, 1] + h[2] * spread[0, 2] + h[4] * spread[1, 2]
            H = h[[[0,1,2],[1,3,4],[2,4,5]]]
            HP = np.einsum("ijn,jkn->ikn", H, spread)
            pulled = spread[0] * a[0]
            pulled += spread[1] * a[1]
            pulled += spread[2] * a[2]
            variance[i] = (a * pulled).sum(axis=0)
            variance[i] += np.float32(self.variance)
            variance[i] += np.float32(0.5) * np.einsum("ijn,jin->n", HP, HP)
            gain = pulled / variance[i]
            at += gain * (about[i] - value[i])
            spread -= gain[:, None] * pulled
        return value.T + middles, np.sqrt(variance).T

    def nats(self, u: Singles, most: int) -> Floats:
        """-ln of the density of patches (n, d), by the nearest, as of real numbers."""
        logs = _log_densities(self, u, self.likeliest(u, most))
        return np.asarray(-np.logaddexp.reduce(logs, axis=1), dtype=np.float64)


def _log_densities(law: Templates, u: Singles, kinds: Integers) -> Floats:
    """Ln of the terms' densities, (n, terms), as of real numbers."""
    logs = []
    for kind in kinds.T:
        value, sd = law.predict(u, kind)
        e = (u - value) / sd
        logs.append(-0.5 * (e * e).sum(axis=1) - np.log(sd).sum(axis=1) + law.log_weights[kind])
    return np.asarray(np.stack(logs, axis=1) - 0.5 * u.shape[1] * np.log(2 * np.pi))


def _squares(c: Singles, others: Singles) -> Singles:
    """(n, K) squared distances."""
    result: Singles = c @ (-2 * others.T)
    result += (others * others).sum(axis=1)
    result += (c * c).sum(axis=1)[:, None]
    return result
