"""Independent pixels: one histogram of all grey values, whatever their neighbours are.

w : width of a bin, ADU: half the standard deviation of the noise, and a whole number for integers
q : density of a pixel, (n_k + 1/2) / (sum of them) / w in bin k (Krichevsky and Trofimov)

It knows no neighbours, so that it only lies above the information: a bound.
"""

from __future__ import annotations

import numpy as np

from hil.information.registry import CrossEntropy, Traits, half_sum_weight
from hil.information.sample.sample import Sample


class Histogram:
    """See the module."""

    traits = Traits(on_codes=True)
    needed_patches = 50

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `hil.information.registry.PatchEstimator`."""
        w = np.sqrt(sample.noise_variance_adu2) / 2
        w = max(1.0, np.rint(w)) if sample.discrete else w
        values = sample.raw_patches  # (fields, patches, pixels of a patch)
        k = np.floor(values / w).astype(np.int64)
        k -= k.min() - 1  # an empty bin on either side
        n_bins = int(k.max()) + 2
        counts = np.stack([np.bincount(one.ravel(), minlength=n_bins) for one in k])
        in_sample = nats(counts.sum(axis=0), w)[k].mean(axis=-1)
        held_out = np.empty_like(in_sample)
        for fold in range(sample.n_folds):
            members = sample.fold == fold
            held_out[members] = nats(counts[~members].sum(axis=0), w)[k[members]].mean(axis=-1)
        return CrossEntropy(held_out, in_sample, half_sum_weight(sample.n_folds))


def nats(counts: np.ndarray, w: float) -> np.ndarray:
    """-log q of each bin."""
    q = (counts + 0.5) / (counts + 0.5).sum() / w
    return -np.log(q)


ESTIMATOR = Histogram()
