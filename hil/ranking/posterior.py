"""Posterior of the leaders' information, from their means.

mu : (s,) information of the leaders
y  : (s,) their means, y ~ N(mu, diag(w)), w by `hil.ranking.leader_noise`
a  : (s,) what was expected of them, one against the other; B its covariance (`expected`)
mu ~ N(m + a, k^2 B) , m of any size
G  : k^2 B inv(k^2 B + diag(w)) , so that mu is m + a + G (y - a - m) in the mean

Where nothing was expected a is 0, B the identity, and k how far leaders differ at all: half-Cauchy,
in units of what a trial's mean is uncertain by (Gelman, Bayesian Analysis 1, 515, 2006). Where the
search had a model, k says by what factor that is sure of the differences: about 1, to within a
factor of two; and one search in twenty is taken to know nothing, so that fresh frames may speak
against it (a contaminated prior: Box and Tiao, Biometrika 55, 119, 1968). k and w are integrated
over on a grid. Where leaders hardly differ, the luckiest one is drawn towards the others (Efron,
J. Am. Stat. Assoc. 106, 1602, 2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from drivers.types import Floats
from hil.ranking.expected import ExpectedDifferences
from hil.ranking.leader_noise import LeaderNoise

_SPREADS = np.geomspace(0.05, 100.0, 25)  # k, in units of `LeaderNoise.unit`
_FACTORS = np.geomspace(1 / 8, 8.0, 13)  # k, where something was expected
_FACTOR_SPREAD = math.log(2.0)  # of its logarithm
_KNOWS_NOTHING = 0.05  # of the searches
_TINY = 1e-9  # of the covariance: leaders that are one and the same to the model


@dataclass(frozen=True, slots=True)
class LeaderPosterior:
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
    means
        (s,), y.
    lead
        (n, s), a.
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
        here = self.lead + self.m[:, None] + np.einsum("nst,nt->ns", self.gain, away)
        return np.asarray(self.weight @ here)

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
        common = common + self.lead[which]
        away = self.means - common - stretch * (ahead + noise)
        corrected = np.einsum("nst,nt->ns", self.gain[which], away)
        return np.asarray(common + stretch * ahead + corrected)


def weighed(
    means: Floats, noise: LeaderNoise, known: ExpectedDifferences | None
) -> LeaderPosterior:
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
    beforehand = [_unknown(noise, len(means))]
    if known is not None:
        nothing = beforehand[0]
        beforehand[0] = replace(nothing, log=nothing.log + math.log(_KNOWS_NOTHING))
        beforehand.append(_known(noise, known))
    covariance = np.concatenate([one.covariance for one in beforehand])
    variance = np.concatenate([one.variance for one in beforehand])
    lead = np.concatenate([one.lead for one in beforehand])
    total = np.concatenate([one.log for one in beforehand])
    inverse, log_size = _inverse(covariance, variance)
    weight = inverse.sum(axis=1)  # (n, s), of each mean in m
    precision = weight.sum(axis=1)
    m = (weight * (means - lead)).sum(axis=1) / precision
    away = means - lead - m[:, None]
    misfit = np.einsum("ns,nst,nt->n", away, inverse, away)
    total = total - 0.5 * (log_size + np.log(precision) + misfit)
    share = np.exp(total - total.max())
    gain = covariance @ inverse
    return LeaderPosterior(
        share / share.sum(), m, 1 / precision, gain, covariance, variance, means, lead
    )


@dataclass(frozen=True, slots=True)
class _Beforehand:
    """Cells before the leaders' means are looked at; their weights sum to 1 for each noise."""

    log: Floats
    covariance: Floats
    variance: Floats
    lead: Floats


def _unknown(noise: LeaderNoise, n_leaders: int) -> _Beforehand:
    log = np.log(_SPREADS) - np.log1p(_SPREADS**2)
    square = (noise.unit[:, None] * _SPREADS) ** 2
    return _beforehand(noise, log, square, np.zeros(n_leaders), np.eye(n_leaders))


def _known(noise: LeaderNoise, known: ExpectedDifferences) -> _Beforehand:
    log = -0.5 * (np.log(_FACTORS) / _FACTOR_SPREAD) ** 2
    square = np.tile(_FACTORS**2, (len(noise.unit), 1))
    found = _beforehand(noise, log, square, known.mean, known.covariance)
    return replace(found, log=found.log + math.log1p(-_KNOWS_NOTHING))


def _beforehand(
    noise: LeaderNoise, log: Floats, square: Floats, lead: Floats, shape: Floats
) -> _Beforehand:
    log = log - np.log(np.exp(log).sum())
    return _Beforehand(
        (noise.log_weight[:, None] + log).ravel(),
        square.ravel()[:, None, None] * shape,
        np.repeat(noise.variance, len(log), axis=0),
        np.broadcast_to(lead, (square.size, len(lead))),
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
