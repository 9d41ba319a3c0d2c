"""Probabilities of patches by kinds of them, or templates: errors of what each predicts.

    q(y) >= sum over some kinds k of pi_k prod_i q(y_i | earlier values, k)

Each factor is the mass of the code's cell under the distribution of the errors of its class
(`predictive.residual_distribution`), so that the product sums to 1 over the codes for each kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Cells, Singles
from hil.information.densities.predictive.neighbours import N_CLASSES, Classes
from hil.information.densities.predictive.residual_distribution import ErrorCounts, ResidualLaw

Integers = NDArray[np.intp]

_LEAST = 1e-30


class KindsOfLight(Protocol):
    """What `SurfaceLaw` asks of kinds of patches."""

    @property
    def log_weights(self) -> Floats:
        """(K,) ln pi."""
        ...

    def likeliest(self, u: Singles, most: int) -> Integers:
        """(n, most) kinds of patches (n, d), by all of their values."""
        ...

    def predict(self, u: Singles, kind: Integers) -> tuple[Singles, Singles]:
        """Predict each value of patches (n, d), of a kind each, by earlier ones: and deviation."""
        ...


@dataclass(frozen=True)
class SurfaceLaw:
    """Kinds of patches, and the distribution of their predictions' errors.

    Parameters
    ----------
    surfaces
        The kinds.
    terms
        How many of them are taken for the sum.
    classes, errors
        See the module.
    """

    surfaces: KindsOfLight
    terms: int
    classes: Classes
    errors: ResidualLaw

    @classmethod
    def fit(cls, surfaces: KindsOfLight, terms: int, cells: Cells, codes: Integers) -> SurfaceLaw:
        """Fit the distribution to patches (n, d), of the kind that predicts each best."""
        u = cells.u.take(codes)
        p = math.isqrt(u.shape[1])
        value, sd = np.empty_like(u), np.empty_like(u)
        most = np.full(len(u), -np.inf)
        for kind in surfaces.likeliest(u, terms).T:
            own, own_sd = surfaces.predict(u, kind)
            e = (u - own) / own_sd
            fits = surfaces.log_weights[kind] - 0.5 * (e * e).sum(axis=1) - np.log(own_sd).sum(1)
            better = fits > most
            value[better], sd[better], most[better] = own[better], own_sd[better], fits[better]
        e = (u - value) / sd
        classes = Classes.fit(value, e, p)
        counts = ErrorCounts(N_CLASSES)
        counts.add(classes.of(value, e, sd, p)[0], e, cells.rounding.take(codes) / (sd * sd))
        return cls(surfaces, terms, classes, counts.fit(None))

    def nats(self, cells: Cells, codes: Integers) -> Floats:
        """-ln q of patches (n, d), (n,)."""
        u, low, high = cells.u.take(codes), cells.low.take(codes), cells.high.take(codes)
        p = math.isqrt(u.shape[1])
        total = np.full(len(u), -np.inf)
        for kind in self.surfaces.likeliest(u, self.terms).T:
            value, sd = self.surfaces.predict(u, kind)
            which, _ = self.classes.of(value, (u - value) / sd, sd, p)
            q = self.errors.probability(which, (low - value) / sd, (high - value) / sd)
            own = np.log(np.maximum(q, _LEAST)).sum(axis=1) + self.surfaces.log_weights[kind]
            total = np.logaddexp(total, own)
        return -total
