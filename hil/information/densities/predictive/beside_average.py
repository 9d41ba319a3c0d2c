"""How much of a fit's optimism is cost on other patches as well, told by the experts of an average.

G_k : what expert k costs more on other patches than on those that it was fitted to
D_k : what it costs more than the average of all experts, on other patches
E   : what the average costs more there than the truth would

An expert that was fitted costs G_k / 2 more elsewhere than the best of its kind, and G_k / 2 less
where it was fitted (Akaike, IEEE Trans. Automatic Control 1974), and the best of its kind no less
than the truth. So E >= G_k / 2 - D_k, whatever k, and nearly that for one that is good. Half of the
average's own gap is no such bound: experts that err differently are each followed in-sample where
they happen to fit, while on other patches their average errs less than they do (Krogh and
Vedelsby, NIPS 1994).
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
class BesideAverage:
    """Sums over values of what experts cost more than their average.

    Parameters
    ----------
    n
        Values.
    nats
        (K,) sums of -log q_k + log q.
    """

    n: int
    nats: Floats

    @classmethod
    def of(
        cls, weighted: Floats, q: Floats, weights: Floats, kind: NDArray[np.intp]
    ) -> BesideAverage:
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
        shares = weighted[:, ::_EVERY] / q[::_EVERY]
        times = np.bincount(kind[::_EVERY].ravel(), minlength=weights.shape[1])
        return cls(shares[0].size, np.log(weights) @ times - np.log(shares).sum(axis=(1, 2)))

    def cost_share(self, fitted: BesideAverage, gap_nats: float) -> float:
        """Share of the gap that the average costs more than the truth at least, 0 to a half.

        Parameters
        ----------
        fitted
            Of patches that were fitted to, where this is of others.
        gap_nats
            What the average costs more on others.
        """
        if gap_nats <= 0:
            return _HALF
        beside = self.nats / self.n
        gaps = gap_nats + beside - fitted.nats / fitted.n
        return float(np.clip((gaps / 2 - beside).max() / gap_nats, 0, _HALF))


def sum_of(parts: Sequence[BesideAverage]) -> BesideAverage:
    """Of all patches, of those of ``parts``."""
    return BesideAverage(sum(one.n for one in parts), np.sum([one.nats for one in parts], axis=0))
