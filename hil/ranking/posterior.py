"""Posterior of the leaders' information, from their means.

mu : (s,) information of the leaders
y  : (s,) their means, y ~ N(mu, diag(w)), w by `hil.ranking.leader_noise`
a  : (s,) what was expected of them, one against the other; B its covariance (`expected`)
mu ~ N(m + a, k^2 B) , m of any size
G  : k^2 B inv(k^2 B + diag(w)) , so that mu is m + a + G (y - a - m) in the mean

Where the search had a model, k says by what factor that is sure of the differences: about 1, to
within a factor of two. Where nothing was expected a is 0, B the identity, and k how far leaders
differ at all: half-Cauchy, in units of what a trial's mean is uncertain by (Gelman, Bayesian
Analysis 1, 515, 2006). k and w are integrated over on a grid. Where leaders hardly differ, the
luckiest one is drawn towards the others (Efron, J. Am. Stat. Assoc. 106, 1602, 2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.ranking.expected import Expected
from hil.ranking.leader_noise import LeaderNoise

_SPREADS = np.geomspace(0.05, 100.0, 25)  # k, in units of `LeaderNoise.unit`
_FACTORS = np.geomspace(1 / 8, 8.0, 13)  # k, where something was expected
_FACTOR_SPREAD = math.log(2.0)  # of its logarithm
_TINY = 1e-9  # of the covariance: leaders that are one and the same to the model


@dataclass(frozen=True, slots=True)
class Cells:
    """Pairs of noise and k, n of them, with what each says of the leaders.

    Parameters
    ----------
    weight
        (n,) posterior, m integrated out.
    m, m_variance
        (n,) of the leaders' common mean.
    gain
        (n, s, s), G.
    covariance
        (n, s, s), k^2 B.
    variance
        (n, s), w.
    means, lead
        (s,), y and a.
    """

    weight: Floats
    m: Floats
    m_variance: Floats
    gain: Floats
    covariance: Floats
    variance: Floats
    means: Floats
    lead: Floats

    def centre(self) -> Floats:
        """(s,) posterior mean of mu."""
        away = self.means - self.lead - self.m[:, None]
        here = self.m[:, None] + np.einsum("nst,nt->ns", self.gain, away)
        return np.asarray(self.lead + self.weight @ here)

    def draws(self, count: int, degrees: float, rng: np.random.Generator) -> Floats:
        """(count, s) of mu, the noise's own uncertainty in it.

        What is drawn beforehand is corrected by what it would have been measured at (Matheron's
        rule), which needs no root of the posterior's covariance.
        """
        which = rng.choice(len(self.weight), size=count, p=self.weight)
        stretch = np.sqrt(degrees / rng.chisquare(degrees, count))[:, None]
        root = _roots(self.covariance)[which]
        ahead = np.einsum("nst,nt->ns", root, rng.standard_normal((count, len(self.means))))
        noise = np.sqrt(self.variance[which]) * rng.standard_normal((count, len(self.means)))
        sd = np.sqrt(self.m_variance[which])[:, None]
        common = self.m[which][:, None] + stretch * sd * rng.standard_normal((count, 1))
        away = self.means - self.lead - common - stretch * (ahead + noise)
        corrected = np.einsum("nst,nt->ns", self.gain[which], away)
        return np.asarray(self.lead + common + stretch * ahead + corrected)


def weighed(means: Floats, noise: LeaderNoise, known: Expected | None) -> Cells:
    """Weigh every pair of noise and k.

    Parameters
    ----------
    means
        (s,) of the leaders' trials.
    noise
        What they are uncertain by.
    known
        What was expected of the leaders; None for nothing.
    """
    n = len(means)
    if known is None:
        k, log = _SPREADS, np.log(_SPREADS) - np.log1p(_SPREADS**2)
        square = (noise.unit[:, None] * k).ravel() ** 2
        lead, shape = np.zeros(n), np.eye(n)
    else:
        k, log = _FACTORS, -0.5 * (np.log(_FACTORS) / _FACTOR_SPREAD) ** 2
        square = np.tile(k**2, len(noise.unit))
        lead, shape = known.mean, known.covariance
    covariance = square[:, None, None] * shape
    variance = np.repeat(noise.variance, len(k), axis=0)
    inverse, log_size = _inverse(covariance, variance)
    weight = inverse.sum(axis=1)  # (n, s), of each mean in m
    precision = weight.sum(axis=1)
    m = (weight @ (means - lead)) / precision
    away = means - lead - m[:, None]
    misfit = np.einsum("ns,nst,nt->n", away, inverse, away)
    total = (noise.log_weight[:, None] + log).ravel()
    total = total - 0.5 * (log_size + np.log(precision) + misfit)
    share = np.exp(total - total.max())
    return Cells(
        share / share.sum(),
        m,
        1 / precision,
        covariance @ inverse,
        covariance,
        variance,
        means,
        lead,
    )


def _inverse(covariance: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Inverse of k^2 B + diag(w), (n, s, s), and the logarithm of its determinant, (n,).

    By way of a matrix whose entries are about 1, since objectives may be of any size.
    """
    root = np.sqrt(variance)
    scaled = covariance / (root[:, :, None] * root[:, None, :]) + np.eye(variance.shape[1])
    log_size = np.linalg.slogdet(scaled)[1] + np.log(variance).sum(axis=1)
    inverse = np.linalg.inv(scaled) / (root[:, :, None] * root[:, None, :])
    return np.asarray(inverse), np.asarray(log_size)


def _roots(covariance: Floats) -> Floats:
    """Symmetric roots of (n, s, s) covariances, which may be singular."""
    size, axes = np.linalg.eigh(covariance)
    size = np.maximum(size, _TINY * size[:, -1:].clip(min=0.0))
    return np.asarray((axes * np.sqrt(size)[:, None, :]) @ axes.transpose(0, 2, 1))
