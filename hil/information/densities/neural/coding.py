"""From ADU to the numbers that the network predicts, and what that does to probabilities.

y : values in ADU about `Sample.mean_adu`;  t = T(y), T increasing;  z : residuals of `LinearStart`

Integers fill bins: P(y) = P(T(y - 1/2) < t < T(y + 1/2)), whatever T, so T is free to be what suits
the linear start best. Offered are T(y) = y and normal scores, T = Phi^-1(share of pixels below):
with these the start is the Gaussian copula, right for pixels of any distribution that go together
linearly. Real numbers keep T(y) = y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.neural.binned_mixture import FAR
from hil.information.densities.neural.linear_start import Labels, LinearStart, fit_linear_start

Values = NDArray[np.float32]

_SCORES = np.linspace(-3, 3, 49)
_ENOUGH_BEYOND = 20  # values beyond a knot: fewer and its place is chance
_NARROW = 1e-3  # bins of fewer standard deviations have their mean in the middle
_FAR_OUT = -30.0  # where single steps of the distribution function are 0
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
class Bins:
    """Where integers lie on a scale: middle, and ends; infinite where there is none.

    On normal scores the middle is the mean of the standard normal within the bin. With the variance
    within bins added, pixels of any distribution then have mean 0 and variance 1, and the linear
    start of independent pixels is their distribution exactly, however coarse.
    """

    low: Floats
    middle: Floats
    high: Floats

    @classmethod
    def of(cls, y: NDArray[np.floating], scale: Scale, alphabet: Alphabet) -> Bins:
        """Find the bins of values of any shape."""
        # half an ADU from the end already is the end: single precision rounds
        low = np.where(y < alphabet.lowest + 0.5, -np.inf, scale(y - 0.5))
        high = np.where(y > alphabet.highest - 0.5, np.inf, scale(y + 0.5))
        if scale.y.size == 0:
            return cls(low, np.asarray(y, dtype=np.float64), high)
        return cls(low, _mean_within(low, high), high)


def _mean_within(low: Floats, high: Floats) -> Floats:
    """Mean of the standard normal between two ends."""
    from scipy.special import ndtr

    # in the lower tail, where differences of the distribution function are accurate
    flip = low + high > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    share = ndtr(b) - ndtr(a)
    density = (np.exp(-0.5 * a * a) - np.exp(-0.5 * b * b)) / math.sqrt(2 * math.pi)
    # far out the mean lies at the inner end
    with np.errstate(invalid="ignore"):
        narrow = (b - a < _NARROW) | (b < _FAR_OUT)
        middle = np.where(np.isinf(a), b, (a + b) / 2)
    mean = np.where(narrow, middle, density / np.where(narrow, 1.0, share))
    result: Floats = np.where(flip, -mean, mean)
    return result


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
class PatchCoding:
    """T and the linear start of one fold."""

    alphabet: Alphabet
    scale: Scale
    start: LinearStart
    centre: float
    spread: float

    def encode(self, y: Values, label: Labels | None = None) -> Encoded:
        """Encode (n, D) patches, in ADU about the sample's mean, of classes (n,)."""
        if not self.alphabet.discrete:
            linear, z = self.start.split(y, label)
            return Encoded(self._unit(y), linear, z, None, None, float(self.start.log_slope.sum()))
        bins = Bins.of(y, self.scale, self.alphabet)
        linear, z = self.start.split(bins.middle.astype(np.float32), label)
        slope = np.exp(self.start.log_slope)
        below = np.minimum(slope * (bins.middle - bins.low), FAR).astype(np.float32)
        above = np.minimum(slope * (bins.high - bins.middle), FAR).astype(np.float32)
        return Encoded(self._unit(bins.middle), linear, z, below, above, 0.0)

    def _unit(self, t: NDArray[np.floating]) -> Values:
        return ((t - self.centre) / self.spread).astype(np.float32)


def fit_coding(
    train: Values,
    stop: Values,
    alphabet: Alphabet,
    p: int,
    channels: int,
    labels: tuple[Labels, Labels] | None = None,
) -> list[PatchCoding]:
    """Offer the codings there are; which is best shows on the ``stop`` patches.

    Parameters
    ----------
    train, stop
        (n, D) patches, ADU about the sample's mean.
    alphabet
        What values there are.
    p, channels
        Side of a patch, pixels, and its channels.
    labels
        Classes of ``train`` and ``stop``, if they have any.
    """
    scales = [IDENTITY]
    if alphabet.discrete:
        scores = normal_scores(train.reshape(-1), alphabet)
        scales += [scores] if scores.y.size else []
    codings = []
    for scale in scales:
        t, t_stop, within = train, stop, 0.0
        if scale.y.size:
            t = Bins.of(train, scale, alphabet).middle.astype(np.float32)
            t_stop = Bins.of(stop, scale, alphabet).middle.astype(np.float32)
            within = max(0.0, 1 - float(t.var(dtype=np.float64)))
        start = fit_linear_start(t, t_stop, p, channels, within, labels)
        spread = max(float(t.std(dtype=np.float64)), 1e-6)
        codings.append(PatchCoding(alphabet, scale, start, float(t.mean(dtype=np.float64)), spread))
    return codings


def normal_scores(y: Values, alphabet: Alphabet) -> Scale:
    """Place knots between integers so that T(y) is standard normal.

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
    if len(knots) < 2:
        return IDENTITY
    place, share = np.array(sorted(knots)).T
    return Scale(place, np.asarray(ndtri(share), dtype=np.float64))
