"""A Gaussian copula for pixels that are integers, clipped or not, with no approximation in it.

y_i : code of pixel i, i = 1 .. d, row by row      t_i : its latent normal, z_i = E[t_i | y_i]
C   : (d, d) covariance of the scores z            G   : (d, d) Cov(t_i, z_j)
W   : whitener of C, lower triangular, W C W^T = I

    q(y) = prod_i P(y_i | y_1 .. y_{i-1}),    P = Phi((high - mu_i) / s_i) - Phi((low - mu_i) / s_i)
    mu_i = m_i + [M (z - m)]_i,   M = A W,   A the strictly lower part of G W^T
    s_i^2 = Var(t_i) - sum_j A_ij^2

Each pixel's latent is predicted from the scores before it, and the prediction read as a
distribution over cells: an ordered probit model (McCullagh, J. Roy. Stat. Soc. B 1980) of all
pixels in turn. For fine data it is the Gaussian copula (Liu, Lafferty and Wasserman, JMLR 2009).
For coarse counts and clipped pixels a copula's density read at the middle of an atom is no
distribution at all, and a dithered one pays for the dither; this sums to 1 over all y whatever the
numbers, so that -ln q bounds H(Y). Where pixels are independent, A = 0 and q is the product of
their marginals, exactly.

G follows from C by the polychoric correlation (`normal_scores`). Pixels may be under several
distributions, one a channel, whose cells then lie in one table, one distribution after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.copula.normal_scores import NormalScores
from hil.information.densities.copula.scores_by_class import ScoresByClass

_NARROW = 0.3  # standard deviations; below, a cell's probability by the midpoint with its w^2 term
_LEAST_VARIANCE = 1e-12  # of a latent given others, whose own is 1
_CHUNK = 2**18  # pixels at a time


@dataclass(frozen=True, slots=True)
class ScoreCells:
    """ScoreCells of distributions that follow each other, as `NormalScores` has them of one.

    Parameters
    ----------
    distribution
        (L,) which distribution each belongs to.
    score, low, high, middle, width
        (L,).
    """

    distribution: NDArray[np.intp]
    score: Floats
    low: Floats
    high: Floats
    middle: Floats
    width: Floats

    @classmethod
    def of(cls, distributions: Sequence[NormalScores | ScoresByClass]) -> ScoreCells:
        """Lay distributions one after the other."""
        return cls(
            np.repeat(
                np.arange(len(distributions)),
                [distribution.probability.size for distribution in distributions],
            ),
            np.concatenate([distribution.score for distribution in distributions]),
            np.concatenate([distribution.low for distribution in distributions]),
            np.concatenate([distribution.high for distribution in distributions]),
            np.concatenate([distribution.middle for distribution in distributions]),
            np.concatenate([distribution.width for distribution in distributions]),
        )


@dataclass(frozen=True, slots=True)
class CopulaModel:
    """See the module.

    Parameters
    ----------
    cells
        Of the marginal distributions.
    mean
        (d,) m, mean of the scores.
    predictor
        (d, d) M.
    deviation
        (d,) s.
    """

    cells: ScoreCells
    mean: Floats
    predictor: Floats
    deviation: Floats

    @classmethod
    def fit(
        cls,
        distributions: Sequence[NormalScores | ScoresByClass],
        mean: Floats,
        covariance: Floats,
        whitener: Floats,
        least: float | Floats = 0.0,
    ) -> CopulaModel:
        """Build from the (d, d) covariance of the scores and its whitener.

        Parameters
        ----------
        distributions
            One for each of as many equal parts of a patch.
        least
            Variance below which no latent is known, whatever came before it: what is known of its
            noise. At a place where training saw one code alone, covariances say nothing.
        """
        floor = np.maximum(least, _LEAST_VARIANCE)
        n = len(distributions)
        # of the latent: what varies within the cells is not in the scores
        variance = np.split(np.diag(covariance), n)
        latent = [
            np.maximum(own + distribution.hidden_variance, low)
            for own, distribution, low in zip(
                variance,
                distributions,
                np.split(np.broadcast_to(floor, mean.shape), n),
                strict=True,
            )
        ]
        unit = [
            distribution.unit(own)
            for own, distribution in zip(variance, distributions, strict=True)
        ]
        cross = covariance.reshape(n, mean.size // n, n, mean.size // n).copy()
        for a, one in enumerate(distributions):
            for b, other in enumerate(distributions):
                rho = one.latent_correlation(other, cross[a, :, b] / np.outer(unit[a], unit[b]))
                scale = np.outer(np.sqrt(latent[a]), unit[b] * other.hermite[1])
                cross[a, :, b] = scale * rho
        along = np.tril(cross.reshape(covariance.shape) @ whitener.T, -1)
        left = np.maximum(np.concatenate(latent) - (along**2).sum(axis=1), floor)
        return cls(ScoreCells.of(distributions), mean, along @ whitener, np.sqrt(left))

    def nats_per_pixel(self, codes: NDArray[np.int32]) -> Floats:
        """-ln q of each patch divided by d.

        Parameters
        ----------
        codes
            (..., d), numbers of `cells`.

        Returns
        -------
        array (...), nats per pixel.
        """
        d = self.mean.size
        flat = codes.reshape(-1, d)
        step = max(1, _CHUNK // d)
        parts = [self._nats(flat[i : i + step]) for i in range(0, flat.shape[0], step)]
        return np.concatenate(parts).reshape(codes.shape[:-1])

    def _nats(self, codes: NDArray[np.int32]) -> Floats:
        s = self.deviation
        inverse = (1 / s).astype(np.float32)
        tables = self.cells
        z = tables.score.astype(np.float32)[codes]
        # mu / s, in one product
        scaled = (self.predictor / s[:, None]).astype(np.float32)
        shift = ((self.mean - self.predictor @ self.mean) / s).astype(np.float32)
        mu = z @ scaled.T
        mu += shift
        least = s.reshape(int(tables.distribution[-1]) + 1, -1).min(axis=1)
        wide_code = tables.width > _NARROW * least[tables.distribution]
        width = np.where(wide_code, 1.0, tables.width)
        x = tables.middle.astype(np.float32)[codes] * inverse - mu
        x *= x
        square = (width**2 / 24).astype(np.float32)[codes] * inverse**2
        # -ln of w phi(x) (1 + w^2 (x^2 - 1) / 24)
        nats = x / 2 - square * (x - 1) - np.log(width).astype(np.float32)[codes]
        constant = 0.5 * math.log(2 * math.pi) + np.log(s)
        nats += constant.astype(np.float32)
        at = np.nonzero(wide_code[codes])
        if at[0].size:
            code, pixel = codes[at], at[1]
            low = tables.low[code] / s[pixel] - mu[at]
            high = tables.high[code] / s[pixel] - mu[at]
            nats[at] = cell_nats(low, high)
        result: Floats = nats.mean(axis=1, dtype=np.float64)
        return result


def cell_nats(low: Floats, high: Floats) -> Floats:
    """-ln(Phi(high) - Phi(low)), right in both tails."""
    from scipy.special import log_ndtr

    # Phi(high) - Phi(low) = Phi(-low) - Phi(-high): take the side of the smaller numbers
    flip = low + np.where(np.isfinite(high), high, 1e9) > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    top = log_ndtr(b)
    ratio = np.exp(log_ndtr(a) - top)
    result: Floats = -(top + np.log1p(-np.minimum(ratio, 1 - 1e-16)))
    return result
