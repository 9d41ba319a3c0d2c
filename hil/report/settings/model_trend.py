"""What each setting does from the best trial on, by a model of all trials.

y      : (n,) values of the trials, standardised
x_j    : (n,) places along setting j, 0 to 1; of choices two places are 0 or 1 apart
K      : (n, n) exp(-1/2 sum_j p_j (x_j - x'_j)^2) , covariance of f over the signal's variance
s      : variance of the noise over the signal's

y = m + f(x) + noise, f a Gaussian process whose length differs by setting (automatic relevance
determination: Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, section 5.1).
A search moves its settings together, so the mean of the trials near a value shows what the others
did there; here one setting is moved, and all others stay where the best trial had them. p and s are
at their maximum a posteriori, signal and m integrated out at their likeliest, from a few lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

_FEWEST = 5
_MOST = 200  # trials it is fitted to: more take long and say the same
_LENGTHS = (0.3, 1.0)  # of the range of a setting, where the fit begins
_PRIOR = 1.0, 3.0  # log p: mean and standard deviation; what has no effect goes to 0
_BOUNDS = -12.0, 7.0  # of log p
_NOISE_BOUNDS = -14.0, 3.0  # of log s
_STEPS = 60
_POINTS = 60


@dataclass(frozen=True)
class Trend:
    """What one setting does.

    Parameters
    ----------
    at
        (m,) places, as they came.
    values
        (m,) the model's mean there, in units of the values, the other settings as of one trial.
    """

    at: Floats
    values: Floats


def trends(
    places: Sequence[Floats], choices: Sequence[bool], values: Floats, through: int | None = None
) -> list[Trend | None]:
    """Fit the model, and move one setting after the other.

    Parameters
    ----------
    places
        Of each setting (n,), NaN where a trial has none.
    choices
        Whether places of the setting are choices, which have no neighbours.
    values
        (n,) what came of the trials.
    through
        Trial at whose settings the others stay; None for the one of the highest value.

    Returns
    -------
    list of Trend or None
        One a setting; None where it did not move, or fewer than five trials are known.
    """
    nothing: list[Trend | None] = [None] * len(places)
    moved = [j for j, x in enumerate(places) if len(set(x[np.isfinite(x)])) > 1]
    if len(values) < _FEWEST or not moved or np.ptp(values / np.max(np.abs(values) + 1e-300)) == 0:
        return nothing
    # Values of 1e300 have no squares.
    size = float(np.max(np.abs(values)))
    best = int(np.argmax(values)) if through is None else through
    even = np.linspace(0, len(values) - 1, min(_MOST, len(values))).astype(int)
    chosen = np.unique([best, *even])
    y = values[chosen] / size
    mean, spread = float(y.mean()), float(y.std())
    if not spread > 0:
        return nothing
    axes = [_Axis(places[j], chosen, choice=choices[j]) for j in moved]
    model = _fitted(np.stack([axis.apart(axis.x) for axis in axes]), (y - mean) / spread)
    row = int(np.searchsorted(chosen, best))
    for k, (j, axis) in enumerate(zip(moved, axes, strict=True)):
        apart = np.stack([other.apart(other.x[[row]]) for other in axes])
        apart = np.repeat(apart, len(axis.grid), axis=1)
        apart[k] = axis.apart(axis.inside(axis.grid))
        nothing[j] = Trend(axis.grid, (mean + spread * model.mean(apart)) * size)
    return nothing


class _Axis:
    """One setting: where its trials lie, 0 to 1, and the places that are drawn."""

    def __init__(self, x: Floats, chosen: Floats, *, choice: bool) -> None:
        known = x[np.isfinite(x)]
        self.choice = choice
        self.grid = np.unique(known) if choice else np.linspace(known.min(), known.max(), _POINTS)
        self._low, self._range = float(known.min()), float(np.ptp(known))
        self.x = self.inside(np.where(np.isfinite(x), x, np.median(known))[chosen])

    def inside(self, x: Floats) -> Floats:
        """Bring places to 0 to 1."""
        return np.asarray((x - self._low) / self._range)

    def apart(self, at: Floats) -> Floats:
        """Squared distances of places (m,) from the trials, (m, n)."""
        apart = at[:, None] - self.x
        return (apart != 0).astype(float) if self.choice else apart**2


@dataclass(frozen=True)
class _Model:
    precision: Floats  # (d,) p
    solved: Floats  # (n,) (K + s I)^-1 (y - m)
    level: float  # m

    def mean(self, apart: Floats) -> Floats:
        """Predict, from squared distances (d, m, n)."""
        return np.asarray(self.level + np.exp(-0.5 * _sum(self.precision, apart)) @ self.solved)


def _sum(precision: Floats, apart: Floats) -> Floats:
    return np.asarray(np.tensordot(precision, apart, 1))


def _fitted(apart: Floats, y: Floats) -> _Model:
    """Find lengths and noise by their posterior; ``apart`` is (settings, n, n)."""
    from scipy.linalg import cho_factor, cho_solve
    from scipy.optimize import minimize

    d, n = len(apart), len(y)
    ones = np.ones(n)

    def solve(log: Floats) -> tuple[Floats, Floats, float, Floats, float]:
        k = np.exp(-0.5 * _sum(np.exp(log[:-1]), apart))
        factor = cho_factor(k + (np.exp(log[-1]) + 1e-9) * np.eye(n), lower=True)
        inverse = cho_solve(factor, np.eye(n))
        level = float(ones @ inverse @ y / (ones @ inverse @ ones))
        solved = inverse @ (y - level)
        return k, inverse, level, solved, 2 * float(np.log(np.diag(factor[0])).sum())

    def loss(log: Floats) -> tuple[float, Floats]:
        k, inverse, level, solved, determinant = solve(log)
        signal = max(float((y - level) @ solved) / n, 1e-12)  # its likeliest variance
        off = (log[:-1] - _PRIOR[0]) / _PRIOR[1]
        value = 0.5 * (n * np.log(signal) + determinant) + 0.5 * float(off @ off)
        by_k = 0.5 * (inverse - np.outer(solved, solved) / signal)
        slope = np.empty(d + 1)
        slope[:-1] = np.tensordot(apart, by_k * k, 2) * (-0.5 * np.exp(log[:-1]))
        slope[:-1] += off / _PRIOR[1]
        slope[-1] = float(np.trace(by_k)) * np.exp(log[-1])
        return value, slope

    bounds = [_BOUNDS] * d + [_NOISE_BOUNDS]
    found = [
        minimize(
            loss,
            np.array([*np.full(d, -2 * np.log(length * np.sqrt(d))), np.log(0.1)]),
            jac=True,
            bounds=bounds,
            method="L-BFGS-B",
            options={"maxiter": _STEPS},
        )
        for length in _LENGTHS
    ]
    log = min(found, key=lambda one: float(one.fun)).x
    _, _, level, solved, _ = solve(log)
    return _Model(np.exp(log[:-1]), np.asarray(solved), level)
