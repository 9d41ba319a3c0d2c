"""What each setting does by itself: a sum of smooth functions, one a setting, fitted to the trials.

y      : (n,) values of the trials, standardised
x_j    : (n,) places along setting j, 0 to 1, or choices
K_j    : (n, n) covariance of f_j at the trials, of mean 0 over them and mean variance 1
V      : sum_j w_j K_j + s I , the covariance of y

y = sum_j f_j(x_j) + noise, each f_j a Gaussian process (Duvenaud, Nickisch & Rasmussen, NeurIPS
2011, of first order). A search moves its settings together, so the mean of the trials near a value
shows what the others did there; a sum of functions gives each its own. What settings do only
together counts as noise. Variances w_j and s are at their maximum likelihood, by the
multiplicative steps of Zhou, Hu, Qiao, Cho and Zhou (J. Comput. Graph. Stat. 28, 350, 2019), at
the likeliest of a few lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

_FEWEST = 5
_MOST = 200  # trials it is fitted to: more take long and say the same
_LENGTHS = (0.12, 0.3, 0.8)  # of the range of a setting
_STEPS = 30
_LEAST = 1e-6  # a variance, of the values' own


@dataclass(frozen=True)
class Trend:
    """What one setting does.

    Parameters
    ----------
    at
        (m,) places, as they came.
    values
        (m,) the model's mean there, in units of the values, the other settings being anywhere.
    """

    at: Floats
    values: Floats


def trends(places: Sequence[Floats], choices: Sequence[bool], values: Floats) -> list[Trend | None]:
    """Fit the sum of functions.

    Parameters
    ----------
    places
        Of each setting (n,), NaN where a trial has none.
    choices
        Whether places of the setting are choices, which have no neighbours.
    values
        (n,) what came of the trials.

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
    chosen = np.unique(np.linspace(0, len(values) - 1, min(_MOST, len(values))).astype(int))
    y = values[chosen] / size
    mean, spread = float(y.mean()), float(y.std())
    if not spread > 0:
        return nothing
    parts = [_Part(places[j], chosen, choice=choices[j]) for j in moved]
    fits = [_fit(np.stack([part.covariance(a) for part in parts]), (y - mean) / spread)
            for a in _LENGTHS]  # fmt: skip
    best = int(np.argmax([fit.likelihood for fit in fits]))
    weights, solved = fits[best].weights, fits[best].solved
    for j, part, weight in zip(moved, parts, weights, strict=True):
        effect = weight * part.towards(_LENGTHS[best]) @ solved
        nothing[j] = Trend(part.grid, (mean + spread * effect) * size)
    return nothing


class _Part:
    """One setting: its covariance between trials, and towards the places that are drawn."""

    def __init__(self, x: Floats, chosen: Floats, *, choice: bool) -> None:
        known = x[np.isfinite(x)]
        self.choice = choice
        self.grid = np.unique(known) if choice else np.linspace(known.min(), known.max(), 60)
        self._low, self._range = float(known.min()), float(np.ptp(known))
        self._x = (x[chosen] - self._low) / self._range
        self._known = np.isfinite(self._x)

    def covariance(self, length: float) -> Floats:
        """(n, n)."""
        return self._centred(self._x, length)

    def towards(self, length: float) -> Floats:
        """(m, n)."""
        return self._centred((self.grid - self._low) / self._range, length)

    def _centred(self, at: Floats, length: float) -> Floats:
        """Covariance of a function whose mean over the trials is 0, and mean variance 1."""
        rows, data = self._kernel(at, length), self._kernel(self._x, length)
        n = max(1, int(self._known.sum()))
        mean = data.sum(axis=1) / n  # of each trial's with all the others
        whole = float(mean[self._known].sum()) / n
        centred = rows - rows.sum(axis=1, keepdims=True) / n - mean + whole
        both = np.isfinite(at)[:, None] & self._known
        return np.where(both, centred, 0.0) / max(1.0 - whole, _LEAST)

    def _kernel(self, at: Floats, length: float) -> Floats:
        apart = at[:, None] - self._x
        alike = (apart == 0).astype(float) if self.choice else np.exp(-0.5 * (apart / length) ** 2)
        return np.where(np.isfinite(apart), alike, 0.0)


@dataclass(frozen=True)
class _Fit:
    likelihood: float
    weights: Floats
    solved: Floats  # (n,) V^-1 y


def _fit(parts: Floats, y: Floats) -> _Fit:
    """Find the variances by their likelihood; `parts` are (settings, n, n)."""
    n = len(y)
    weights: Floats = np.full(len(parts), 0.5 / len(parts))
    noise = 0.5
    for _ in range(_STEPS):
        inverse = np.linalg.inv(np.tensordot(weights, parts, 1) + noise * np.eye(n))
        solved = inverse @ y
        gained = np.einsum("i,jik,k->j", solved, parts, solved, optimize=True)
        paid = np.einsum("ik,jik->j", inverse, parts, optimize=True)
        step = np.sqrt(np.maximum(gained, 0) / np.maximum(paid, _LEAST))
        weights = np.maximum(weights * step, _LEAST).astype(np.float64)
        noise = max(noise * float(np.sqrt(solved @ solved / np.trace(inverse))), _LEAST)
    whole = np.tensordot(weights, parts, 1) + noise * np.eye(n)
    final: Floats = np.linalg.solve(whole, y).astype(np.float64)
    likelihood = -0.5 * (float(np.linalg.slogdet(whole)[1]) + float(y @ final))
    return _Fit(likelihood, weights, final)
