"""From ADU to the numbers that the network predicts, and what that does to probabilities.

y : values in ADU about `Sample.mean_adu`;  t = T(y), T increasing;  z : residuals of `LinearStart`

Integers fill bins: P(y) = P(T(y - 1/2) < t < T(y + 1/2)), whatever T, so T is free to be what suits
the linear start best. Offered are T(y) = y and normal scores, T = Phi^-1(share of pixels below):
with these the start is the Gaussian copula, right for pixels of any distribution that go together
linearly. Real numbers keep T(y) = y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.information.neural.binned_mixture import FAR
from hil.information.neural.linear_start import LinearStart, fit_linear_start

Floats = NDArray[np.float64]
Values = NDArray[np.float32]

_SCORES = np.linspace(-3, 3, 49)
_ENOUGH_BEYOND = 20  # values beyond a knot: fewer and its place is chance
_DRAWN = 400_000  # values are enough to place the knots


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What values there are.

    Parameters
    ----------
    discrete
        Whether they are integers.
    lowest, highest
        The ends, ADU about the sample's mean; infinite where there is none. Integers at an end
        stand for all that was cut off there.
    """

    discrete: bool
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Scale:
    """T, linear between knots and beyond them; without knots, T(y) = y.

    Parameters
    ----------
    y, t
        (knots,), both increasing.
    """

    y: Floats
    t: Floats

    def __call__(self, y: NDArray[np.floating]) -> Floats:
        """T of values of any shape."""
        if self.y.size == 0:
            return np.asarray(y, dtype=np.float64)
        inside = np.interp(y, self.y, self.t)
        first = (self.t[1] - self.t[0]) / (self.y[1] - self.y[0])
        last = (self.t[-1] - self.t[-2]) / (self.y[-1] - self.y[-2])
        below, above = np.minimum(y - self.y[0], 0), np.maximum(y - self.y[-1], 0)
        result: Floats = inside + first * below + last * above
        return result


IDENTITY = Scale(np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Encoded:
    """Patches as the network takes them, all (n, D).

    Parameters
    ----------
    x, linear, z
        Values of unit variance, their linear predictions and the residuals of these.
    below, above
        From z to the ends of its bin; None for real numbers.
    log_slope
        log dz/dy of a patch, summed over its entries, nats; 0 for integers.
    """

    x: Values
    linear: Values
    z: Values
    below: Values | None
    above: Values | None
    log_slope: float


@dataclass(frozen=True, slots=True)
class Coding:
    """T and the linear start of one fold."""

    alphabet: Alphabet
    scale: Scale
    start: LinearStart
    centre: float
    spread: float

    def encode(self, y: Values) -> Encoded:
        """Encode (n, D) patches in ADU about the sample's mean."""
        t = self.scale(y)
        predicted, z = self.start.split(t.astype(np.float32))
        x = ((t - self.centre) / self.spread).astype(np.float32)
        if not self.alphabet.discrete:
            return Encoded(x, predicted, z, None, None, float(self.start.log_slope.sum()))
        slope = np.exp(self.start.log_slope)
        below = (slope * (t - self.scale(y - 0.5))).astype(np.float32)
        above = (slope * (self.scale(y + 0.5) - t)).astype(np.float32)
        # half an ADU from the end already is the end: single precision rounds
        below[y < self.alphabet.lowest + 0.5] = FAR
        above[y > self.alphabet.highest - 0.5] = FAR
        return Encoded(x, predicted, z, below, above, 0.0)


def fit_coding(
    train: Values, stop: Values, alphabet: Alphabet, p: int, channels: int
) -> list[Coding]:
    """Offer the codings there are; which is best shows on the ``stop`` patches.

    Parameters
    ----------
    train, stop
        (n, D) patches, ADU about the sample's mean.
    alphabet
        What values there are.
    p, channels
        Side of a patch, pixels, and its channels.
    """
    scales = [IDENTITY]
    if alphabet.discrete:
        scales.append(normal_scores(train.reshape(-1), alphabet))
    codings = []
    for scale in scales:
        t = scale(train).astype(np.float32)
        start = fit_linear_start(t, scale(stop).astype(np.float32), p, channels)
        spread = float(t.std(dtype=np.float64))
        codings.append(
            Coding(alphabet, scale, start, float(t.mean(dtype=np.float64)), max(spread, 1e-6))
        )
    return codings


def normal_scores(y: Values, alphabet: Alphabet) -> Scale:
    """Place knots between integers so that T(y) is standard normal.

    Values at the ends of the alphabet take the score of their middle, as an atom's mean rank.

    Parameters
    ----------
    y
        (m,) integers about the sample's mean.
    alphabet
        Where they end.
    """
    from scipy.special import ndtr, ndtri

    thinned = y[:: max(1, y.size // _DRAWN)].astype(np.float64)
    values, counts = np.unique(thinned, return_counts=True)
    n = thinned.size
    up_to = np.cumsum(counts)
    # knots at upper edges of values, where the share below is known exactly
    wanted = np.searchsorted(up_to / n, ndtr(_SCORES))
    near = np.unique(np.clip(wanted, 0, values.size - 1))
    # all edges if there are few values
    chosen = np.arange(values.size) if values.size <= _SCORES.size else near
    beyond = np.minimum(up_to[chosen], n - up_to[chosen])
    chosen = chosen[beyond >= min(_ENOUGH_BEYOND, n // 50)]
    knots = [(float(values[i]) + 0.5, float(up_to[i]) / n) for i in chosen if up_to[i] < n]
    if values[0] < alphabet.lowest + 0.5 and counts[0] > n // 50:
        knots.append((float(values[0]), float(counts[0]) / (2 * n)))
    if values[-1] > alphabet.highest - 0.5 and counts[-1] > n // 50:
        knots.append((float(values[-1]), 1 - float(counts[-1]) / (2 * n)))
    if len(knots) < 2:
        return IDENTITY
    place, share = np.array(sorted(knots)).T
    return Scale(place, np.asarray(ndtri(share), dtype=np.float64))
