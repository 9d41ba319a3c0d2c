"""What single pixels allow: no patch holds more than its pixels would, were they independent.

n_y : how many of N pixels read y
G   : G(n) = psi(n) + (-1)^n / 2 [psi((n + 1) / 2) - psi(n / 2)], which stands in for ln n
H_1 : entropy of one pixel, ln N - sum n_y G(n_y) / N (Grassberger, arXiv physics/0307138)

A histogram's own entropy is too low on average, by (codes - 1) / (2 N) where each code is seen many
times (Miller 1955). Codes that few pixels have need more: with 30 pixels to a code H_1 by that
correction is 0.006 to 0.009 bit too low, by G 0.001 to 0.003. Weighted counts need not be whole:
(-1)^n is the cosine of pi n.

Noise many codes wide leaves the distribution smooth. Codes are then counted in groups as wide as a
seventh of it, alike within each: H_1 = H(group) + E[ln codes in it], above by 1 / 1200 nat at most,
and by less the wider the light spreads. Far fewer pixels so tell what laws with long tails are.

H(Y) / d is at most the mean of its pixels' entropies, and that at most the entropy of all of them
together (Cover and Thomas, Elements of Information Theory, ch. 2). So (H_1 - H(Y|X)) caps every
estimate of integer frames, whatever its family says: hits and beads that no Gaussian can hold make
its cross-entropy large, never this. Both are of the pixels that patches cover: a dark border that
they leave out is no light that they have. Where pixels are so few that the histogram is not known,
it caps nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hil.information.sample.field_groups import field_groups
from hil.information.sample.sample import Sample
from hil.noise.entropy.histogram import AduCounts, joined
from hil.noise.model import NoiseModel, OneHillNoise

_PIXELS_A_CODE = 20.0
_GROUP = 0.14  # of the noise's standard deviation
_POINTS = 33  # at which the noise is asked for: its variance is all but linear


def pixel_entropy_nats(sample: Sample) -> float:
    """Give H_1 of the pixels of a sample's patches, the mean over channels, nats.

    Infinite where it caps nothing; real numbers have no such bound.
    """
    found = []
    for one in sample.by_channel():
        if not one.discrete:
            return math.inf
        found.append(entropy_of_counts(_counts(one), one.noise))
    return float(np.mean(found))


def _counts(sample: Sample) -> AduCounts | None:
    counts: AduCounts | None = None
    for group in field_groups(sample.frames):
        own = AduCounts.of(sample.some(np.arange(sample.n_fields)[group]).raw_patches)
        counts = own if group.start == 0 else joined(counts, own)
    if counts is None:
        return None
    # overlapping patches show pixels more than once, which is no more to go by
    return counts.scaled(sample.n_scenes / (sample.n_fields * sample.places.shape[1]))


def entropy_of_counts(counts: AduCounts | None, noise: NoiseModel | None = None) -> float:
    """Give H_1 of one histogram, nats; infinite where there is none, or it is not known.

    Parameters
    ----------
    noise
        Behind which no distribution of codes is rougher than it is; None counts codes alone.
    """
    if counts is None:
        return math.inf
    codes = counts.counts.size
    first = np.arange(codes)
    if noise is not None and isinstance(noise, OneHillNoise):
        if noise.has_one_hill(counts.adu.astype(np.float64)):
            first = _group_starts(counts, noise)
    n_y = np.add.reduceat(counts.counts, first)
    width = np.diff(np.append(first, codes))[n_y > 0]
    n_y = n_y[n_y > 0]
    if counts.n < _PIXELS_A_CODE * n_y.size:
        return math.inf
    from scipy.special import digamma

    parity = 0.5 * np.cos(math.pi * n_y)
    g = digamma(n_y) + parity * (digamma((n_y + 1) / 2) - digamma(n_y / 2))
    return math.log(counts.n) - float(n_y @ (g - np.log(width))) / counts.n


def _group_starts(counts: AduCounts, noise: NoiseModel) -> NDArray[np.intp]:
    """First code of each group; the ends, where clipped pixels pile up, are groups of their own."""
    k = counts.counts.size
    at = np.linspace(0, k - 1, _POINTS)
    variance = [noise.mean_variance_adu2(float(counts.first_adu + y), True) for y in at]
    sd = np.sqrt(np.maximum(np.interp(np.arange(k), at, variance), 0.0))
    group = np.cumsum(1 / np.maximum(_GROUP * sd, 1.0)).astype(np.intp)
    group[0], group[-1] = -1, group[-1] + 1
    return np.flatnonzero(np.diff(group, prepend=-2))
