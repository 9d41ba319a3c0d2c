"""What an average of experts gains, and so how much of a fit's optimism is cost elsewhere.

G_k : what expert k costs more on other patches than on those that it was fitted to
r_k : its share in what is predicted
D : sum_k r_k (cost of k - cost of the average), on other patches

An expert that is wrong but for its fit to few patches costs G_k / 2 more elsewhere than the best
of its kind, and G_k / 2 less where it was fitted (Akaike, IEEE Trans. Automatic Control 1974). An
average of experts that err differently costs less than they do on average, by D (Krogh and
Vedelsby, NIPS 1994), while each of them is still followed in-sample where it happens to fit. So
the average costs about

    sum_k r_k G_k / 2 - D

more than the best, not half of sum_k r_k G_k. What an expert costs beyond G_k / 2 is not for its
fit, and no part of D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

_EVERY = 9  # patches of which one is looked at
_HALF = 0.5


@dataclass(frozen=True)
class Averaging:
    """Sums over values of what experts cost beside their average.

    Parameters
    ----------
    n
        Values.
    share, nats
        (K,) sums of r_k, and of -log q_k + log q.
    """

    n: int
    share: Floats
    nats: Floats

    @classmethod
    def of(cls, weighted: Floats, q: Floats, weights: Floats, kind: NDArray[np.intp]) -> Averaging:
        """Look at some patches.

        Parameters
        ----------
        weighted
            (K, n, d) probabilities of the experts, times their weights.
        q
            (n, d) their sum.
        weights
            (K, classes) of the experts.
        kind
            (n, d) classes.
        """
        some = weighted[:, ::_EVERY] / q[::_EVERY]
        log_weights = np.log(weights)
        nats = [
            float(one.take(kind[::_EVERY]).sum() - np.log(share).sum())
            for one, share in zip(log_weights, some, strict=True)
        ]
        return cls(some[0].size, some.sum(axis=(1, 2)), np.array(nats))

    def cost_share(self, fitted: Averaging, gap_nats: float) -> float:
        """Share of the gap that the average costs more than the best does, 0 to a half.

        Parameters
        ----------
        fitted
            Of patches that were fitted to, where this is of others.
        gap_nats
            What the average costs more on others.
        """
        if gap_nats <= 0:
            return _HALF
        beside, beside_fitted = self.nats / self.n, fitted.nats / fitted.n
        own = gap_nats + beside - beside_fitted
        gained = float(self.share / self.n @ np.minimum(beside, np.maximum(own, 0) / 2))
        return float(np.clip(_HALF - gained / gap_nats, 0, _HALF))


def sum_of(parts: Sequence[Averaging]) -> Averaging:
    """Of all patches, of those of ``parts``."""
    return Averaging(
        sum(one.n for one in parts),
        np.sum([one.share for one in parts], axis=0),
        np.sum([one.nats for one in parts], axis=0),
    )
