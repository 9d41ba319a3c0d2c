"""One distribution of a pixel for each class of pixels, where it is known which pixel is of which.

w_c : share of the pixels of class c       q_c : (L,) probabilities of its codes
Cell c L + y is code y of a pixel of class c.

Pixels whose noise differs have distributions that differ: one distribution for all costs the
divergence of each from their mixture, which on a flat field would be reported as information.
Scores are normal in each class. Two pixels are of classes drawn independently, so that covariances
of scores follow from the mean b_k over classes (`normal_scores`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivers.types import Floats
from hil.information.densities.copula.normal_scores import (
    HasHermite,
    NormalScores,
    latent_correlation,
    unit_deviation,
)


@dataclass(frozen=True)
class ScoresByClass:
    """What `NormalScores` is of one distribution.

    Parameters
    ----------
    distributions
        One a class, each of L codes.
    weights
        (n,) w, of sum 1.
    """

    distributions: tuple[NormalScores, ...]
    weights: Floats

    @cached_property
    def probability(self) -> Floats:
        """(n L,) of each cell."""
        shares = zip(self.weights, self.distributions, strict=True)
        return np.concatenate([w * distribution.probability for w, distribution in shares])

    @cached_property
    def low(self) -> Floats:
        """(n L,) lower ends of the cells, for a pixel of their class."""
        return np.concatenate([distribution.low for distribution in self.distributions])

    @cached_property
    def high(self) -> Floats:
        """(n L,) upper ends."""
        return np.concatenate([distribution.high for distribution in self.distributions])

    @cached_property
    def score(self) -> Floats:
        """(n L,) z."""
        return np.concatenate([distribution.score for distribution in self.distributions])

    @cached_property
    def middle(self) -> Floats:
        """(n L,) middle of each cell."""
        return np.concatenate([distribution.middle for distribution in self.distributions])

    @cached_property
    def width(self) -> Floats:
        """(n L,) length of each cell."""
        return np.concatenate([distribution.width for distribution in self.distributions])

    @cached_property
    def hidden_variance(self) -> float:
        """What the latent's variance has beyond that of the scores, mean over pixels."""
        return float(
            self.weights @ [distribution.hidden_variance for distribution in self.distributions]
        )

    def unit(self, variance: Floats) -> Floats:
        """See `NormalScores`."""
        return unit_deviation(variance, self.hidden_variance)

    def slope2_mean(self, variance: Floats) -> float:
        """See `NormalScores`; of variances (n L,)."""
        each = np.split(variance, len(self.distributions))
        means = [
            distribution.slope2_mean(own)
            for distribution, own in zip(self.distributions, each, strict=True)
        ]
        return float(self.weights @ means)

    def latent_correlation(self, other: HasHermite, covariance: Floats) -> Floats:
        """See `NormalScores`."""
        return latent_correlation(self.hermite, other.hermite, covariance)

    @cached_property
    def hermite(self) -> Floats:
        """(26,) mean b_k over pixels."""
        return np.asarray(
            self.weights @ np.stack([distribution.hermite for distribution in self.distributions])
        )
