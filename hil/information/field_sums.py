"""All that the stationary estimator needs of a field of view, in a size that does not grow."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.information.autocovariance import LagSums, frame_lag_sums, patch_lag_sums
from hil.information.patch_moments import PatchMoments, frame_moments


@dataclass(frozen=True, slots=True)
class FieldSums:
    """Sums over the frames of one field, which may carry fractional weights.

    Parameters
    ----------
    lags
        Sums of products by lag, over all pixels.
    moments
        Of the patches that tile the frames.
    noise_nats
        Sum over the patches of phi's mean over their pixels, nats.
    """

    lags: LagSums
    moments: PatchMoments
    noise_nats: float

    def __add__(self, other: FieldSums) -> FieldSums:
        return FieldSums(
            self.lags + other.lags,
            self.moments + other.moments,
            self.noise_nats + other.noise_nats,
        )

    def scaled(self, weight: float) -> FieldSums:
        """Count these frames ``weight`` times."""
        return FieldSums(
            self.lags.scaled(weight), self.moments.scaled(weight), weight * self.noise_nats
        )

    def shifted(self, by_adu: float) -> FieldSums:
        """Return the sums that pixels higher by ``by_adu`` would give."""
        return FieldSums(self.lags.shifted(by_adu), self.moments.shifted(by_adu), self.noise_nats)


def sum_frames(
    about: NDArray[np.float32],
    noise_nats: Callable[[], float],
    p: int,
    pool: Executor | None = None,
) -> FieldSums:
    """Sum frames (n, H, W) less a fixed value.

    Parameters
    ----------
    noise_nats
        Gives phi's mean over the pixels of the frames' patches, nats.
    pool
        Where the lags are summed while this thread does the rest.
    """
    small = p in about.shape[1:]
    later = pool.submit(frame_lag_sums, about, p) if pool is not None and not small else None
    moments = frame_moments(about, p)
    noise = noise_nats()
    if small:
        lags = patch_lag_sums(*moments.pixel_sums, moments.n)
    else:
        lags = frame_lag_sums(about, p) if later is None else later.result()
    return FieldSums(lags, moments, noise * moments.n)
