"""Covariances of far more pixels than frames: what of a sample's eigenvalues is signal.

n : frames, nu = n - 1 once their mean is taken off      D : values of a frame, their noise 1
lambda : eigenvalues of the sample's covariance (of its nu x nu Gram matrix, which has the same)
l : eigenvalues of the population's covariance I + S, gamma = D / nu

Noise of D directions seen in n frames spreads over (1 +- sqrt gamma)^2 and lifts what stands above
it; what lies below 1 + sqrt gamma is not seen one by one (Baik, Ben Arous and Peche 2005). So

    spikes      l = -1 / m(lambda), m the Stieltjes transform of the other eigenvalues (Bai and Ding
                2012), and the bias of ln det of a Wishart matrix of as many dimensions (Muirhead
                1982, chapter 3)
    the bulk    its trace and its second moment, both unbiased (Himeno and Yamada 2014); the mean of
                ln l has bounds under these moments, and their middle is taken

and with fewer values than frames, Wishart's ln det alone, which is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

_FULL_RANK = 0.5  # of nu: with fewer values the covariance is inverted well enough

_CHANCE_DEVIATIONS = 2


@dataclass(frozen=True, slots=True)
class PopulationSpectrum:
    """The population's covariance as the sample tells it.

    Parameters
    ----------
    values
        D.
    degrees
        nu.
    sample
        lambda of the spikes, falling.
    spikes
        l of each.
    level
        Mean of l over all other directions; 1 where there is noise alone.
    information_nats
        ``1/2 ln det(I + S)`` of a frame.
    """

    values: int
    degrees: int
    sample: Floats
    spikes: Floats
    level: float
    information_nats: float

    @property
    def cosines2(self) -> Floats:
        """Squared cosine of each estimated direction with the population's (Paul 2007)."""
        gamma = (self.values - len(self.spikes)) / max(self.degrees - len(self.spikes), 1)
        above = np.maximum(self.spikes / self.level - 1, 1e-12)
        cosines: Floats = np.clip((1 - gamma / above**2) / (1 + gamma / above), 0.0, 1.0)
        return cosines


def spectrum(eigenvalues: Floats, values: int, degrees: int) -> PopulationSpectrum:
    """Tell signal from noise in a sample's eigenvalues.

    Parameters
    ----------
    eigenvalues
        Of the sample's covariance, normalised by ``degrees``; zeros may be left out.
    values, degrees
        D and nu.
    """
    falling = np.sort(eigenvalues)[::-1][: min(degrees, values)]
    spikes, level = _spikes(falling, values, degrees)
    r = len(spikes)
    if values <= _FULL_RANK * degrees:
        least = np.finfo(np.float64).tiny
        log_det = float(np.log(np.maximum(falling, least)).sum())
        nats = 0.5 * log_det + wishart_bias_nats(degrees, values)
    else:
        nats = 0.5 * float(np.log(spikes).sum()) + wishart_bias_nats(degrees, r)
        bulk = falling[r:] * degrees / (degrees - r)
        nats += 0.5 * (values - r) * _bulk_log(bulk, level, values - r, degrees - r)
    return PopulationSpectrum(values, degrees, falling[:r], spikes, level, nats)


def wishart_bias_nats(degrees: int, dimensions: int) -> float:
    """Half of what ln det of a sample covariance lacks, nats."""
    from scipy.special import digamma

    halves = (degrees - np.arange(dimensions)) / 2
    return float(0.5 * (np.log(degrees / 2) - digamma(halves)).sum())


def _spikes(falling: Floats, values: int, degrees: int) -> tuple[Floats, float]:
    """Find population eigenvalues above what noise alone shows, and the level of all others."""
    trace, r = float(falling.sum()), 0
    spikes = np.zeros(0)
    while True:
        level = (trace - float(spikes.sum())) / (values - r)
        if r >= min(degrees, values) - 2 or falling[r] <= _edge(level, values - r, degrees - r):
            return spikes, level
        r += 1
        spikes = _unspread(falling, r, degrees)


def _edge(level: float, values: int, degrees: int) -> float:
    """Where the largest eigenvalue of noise alone ends, and a deviation more (Johnstone 2001)."""
    a, b = np.sqrt(degrees), np.sqrt(values)
    end, width = (a + b) ** 2, (a + b) * (1 / a + 1 / b) ** (1 / 3)
    return float(level * (end + width) / degrees)


def _unspread(falling: Floats, r: int, degrees: int) -> Floats:
    bulk = falling[r:]
    unseen = degrees - r - len(bulk)  # eigenvalues of 0, where values are fewer than frames
    pull = (1 / (falling[:r, None] - bulk)).sum(axis=1) + unseen / falling[:r]
    spikes: Floats = (degrees - r) / pull
    return spikes


def _bulk_log(bulk: Floats, level: float, values: int, degrees: int) -> float:
    """Mean of ln l over the directions that are not seen one by one."""
    # what the chance of so many squares explains is not taken for signal, without a step
    chance2 = _CHANCE_DEVIATIONS**2 * 2 / (values * degrees)
    above = (level - 1) / (1 + (chance2 / max((level - 1) ** 2, 1e-300)) ** 2)
    if above <= 0:
        return float(np.log(max(1 + above, np.finfo(np.float64).tiny)))
    squares = float(np.sum(bulk**2)) - float(np.sum(bulk)) ** 2 / degrees
    squares *= degrees**2 / ((degrees - 1) * (degrees + 2)) / values
    second = squares - 2 * level + 1  # mean of (l - 1)^2
    largest = level * (1 + np.sqrt(values / degrees)) - 1  # beyond, it were a spike
    second = float(np.clip(second, above**2, above * largest))
    alone = second / above
    low = above / alone * np.log1p(alone)  # some directions of this power, all others noise
    rest = (above * largest - second) / max(largest - above, 1e-12)
    share = (above - rest) / max(largest - rest, 1e-12)
    high = share * np.log1p(largest) + (1 - share) * np.log1p(rest)
    return float(0.5 * (low + high))
