"""H(Y|X) of a sample, patch by patch: the mean of phi over its values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.information.sample import Sample

Floats = NDArray[np.float64]


def conditional_nats(sample: Sample) -> Floats:
    """H(Y|X) of each patch, (F, R * T) nats per value; sums over a sample's patches estimate it.

    Parameters
    ----------
    sample
        Whose noise model, or whose channels' noise models, are known.
    """
    each = [_of_channel(one) for one in sample.by_channel()]
    result: Floats = np.mean(each, axis=0) if len(each) > 1 else each[0]
    return result


def _of_channel(sample: Sample) -> Floats:
    assert sample.noise is not None  # an estimate is never made without
    nats = sample.noise.entropy_phi_nats(sample.raw_patches, sample.discrete)
    return np.asarray(nats.mean(axis=2), dtype=np.float64)
