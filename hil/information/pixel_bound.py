"""What single pixels allow: no patch holds more than its pixels would, were they independent.

n_y : how many of N pixels read y, m codes occur
H_1 : entropy of one pixel, -sum p ln p + (m - 1) / (2 N) (Miller 1955; Madow: the histogram's own
      entropy is that much too low on average)

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
    p = n_y / counts.n
    return float(-(p @ np.log(p))) + (n_y.size - 1) / (2 * counts.n)
