"""The surface on which patches of smooth light lie, by many of its points, bent as it is there.

u : (n, d) patches in the coordinate in which noise has a width of 1
m, T, H : (K, ..) patches that other fields show, almost without noise, and the surface about them,
    m(c) = m + T c + 1/2 c^T H c (`points`)

    q(u) = sum_k 1/K int N(c; 0, C_k) N(u; m_k(c), v I) dc

Along the surface each point stands for what lies within s, a share of the distance to its
neighbours, and across it for noise alone (manifold Parzen windows: Vincent and Bengio 2002). Along
an axis of T of square l it has a variance of r^2 x / (1 + x)^2, with x = r^2 l / s^2: s^2 / l where
that is short of a reach r, and nothing where r changes a patch by less than s, for what noise makes
of a slope would go far. Kinds of patches that are fitted (`surfaces`) need many patches each;
fringes are bent so much that there are thousands.

Patches are predicted value by value by a Kalman filter of c (`filtered`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.information.densities.smooth.filtered import by_each, filtered
from hil.information.densities.smooth.points import Integers, Points, Singles

_DIRECTIONS = 16
_NEIGHBOUR, _SOME, _SHARE = 6, 256, 0.6
_NEAR = 8  # times as many, of which the likeliest are taken
_REACH, _LEAST_SQUARE = 1.5, 1e-3  # pixels, and the noise's width
_LEAST = 1e-9
_PATCHES_AT_ONCE = 512


@dataclass(frozen=True)
class Templates:
    """See the module.

    Parameters
    ----------
    points
        m, T and H.
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
        square, axes = np.linalg.eigh(points.squares.astype(np.float64))
        far = np.maximum(square, _LEAST) * _REACH**2 / _near2(c)
        wide = (axes * (_REACH**2 * far / (1 + far) ** 2)[:, None]) @ axes.swapaxes(1, 2)
        # ln of a density with that spread about the point, but for constants, is half as much less
        squares = (slopes @ slopes.swapaxes(1, 2)).astype(np.float64)
        within = np.linalg.solve(np.eye(3) + wide @ squares, wide).astype(np.float32)
        return cls(points, wide.astype(np.float32), variance, mean, along, c, slopes, within)

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
        return filtered(self.points, self.spread, self.variance, u, kind)

    def nats(self, u: Singles, most: int) -> Floats:
        """-ln of the density of patches (n, d), by the nearest, as of real numbers."""
        logs = _log_densities(self, u, self.likeliest(u, most))
        return np.asarray(-np.logaddexp.reduce(logs, axis=1), dtype=np.float64)


def _near2(c: Singles) -> float:
    """Give s squared of points (K, r)."""
    few = np.unique(np.linspace(0, len(c) - 1, _SOME).astype(np.intp))
    nth = min(_NEIGHBOUR, len(c) - 1)
    apart = np.partition(_squares(c[few], c), nth, axis=1)[:, nth]
    return _SHARE**2 * float(np.median(np.maximum(apart, 0))) + _LEAST_SQUARE


def _log_densities(law: Templates, u: Singles, kinds: Integers) -> Floats:
    """Ln of the terms' densities, (n, terms), as of real numbers."""
    logs = []
    for kind, value, sd in by_each(law.predict, u, kinds):
        e = (u - value) / sd
        logs.append(-0.5 * (e * e).sum(axis=1) - np.log(sd).sum(axis=1) + law.log_weights[kind])
    return np.asarray(np.stack(logs, axis=1) - 0.5 * u.shape[1] * np.log(2 * np.pi))


def _squares(c: Singles, others: Singles) -> Singles:
    """(n, K) squared distances."""
    result: Singles = c @ (-2 * others.T)
    result += (others * others).sum(axis=1)
    result += (c * c).sum(axis=1)[:, None]
    return result
