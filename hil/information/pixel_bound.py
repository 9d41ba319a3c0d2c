"""What single pixels allow: no patch holds more than its pixels would, were they independent.

n_y : how many of N pixels read y
G   : G(n) = psi(n) + (-1)^n / 2 [psi((n + 1) / 2) - psi(n / 2)], which stands in for ln n
H_1 : entropy of one pixel, ln N - sum n_y G(n_y) / N (Grassberger, arXiv physics/0307138)

A histogram's own entropy is too low on average, by (codes - 1) / (2 N) where each code is seen many
times (Miller 1955). Codes that few pixels have need more: with 30 pixels to a code H_1 by that
correction is 0.006 to 0.009 bit too low, by G 0.001 to 0.003. Weighted counts need not be whole:
(-1)^n is the cosine of pi n.

H(Y) / d is at most the mean of its pixels' entropies, and that at most the entropy of all of them
together (Cover and Thomas, Elements of Information Theory, ch. 2). So (H_1 - H(Y|X)) caps every
estimate of integer frames, whatever its family says: hits and beads that no Gaussian can hold make
its cross-entropy large, never this. Where pixels are so few that the histogram is not known, it
caps nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hil.information.sample.prepare import ChannelFrames
from hil.noise.entropy.histogram import AduCounts

_PIXELS_A_CODE = 20.0


def pixel_entropy_nats(channels: Sequence[ChannelFrames]) -> float:
    """Give H_1, the mean over channels, nats; infinite where it caps nothing.

    Parameters
    ----------
    channels
        Of the measurement; real numbers have no such bound.
    """
    found = []
    for channel in channels:
        if not channel.checked.discrete:
            return math.inf
        found.append(entropy_of_counts(AduCounts.of(channel.checked.pixels)))
    return float(np.mean(found))


def entropy_of_counts(counts: AduCounts | None) -> float:
    """Give H_1 of one histogram, nats; infinite where there is none, or it is not known."""
    if counts is None:
        return math.inf
    n_y = counts.counts[counts.counts > 0]
    if counts.n < _PIXELS_A_CODE * n_y.size:
        return math.inf
    from scipy.special import digamma

    parity = 0.5 * np.cos(math.pi * n_y)
    g = digamma(n_y) + parity * (digamma((n_y + 1) / 2) - digamma(n_y / 2))
    return math.log(counts.n) - float(n_y @ g) / counts.n
