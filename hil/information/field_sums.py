"""All that the stationary estimator needs of a field of view, in a size that does not grow."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.adu_counts import AduCounts, joined
from hil.information.autocovariance import LagSums, frame_lag_sums, patch_lag_sums
from hil.information.noise_model import NoiseModel
from hil.information.patch_moments import PatchMoments, frame_moments, tiled


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
    counts
        Histogram of the patches' pixels, where they are integers that lie near enough together.
    """

    lags: LagSums
    moments: PatchMoments
    noise_nats: float
    counts: AduCounts | None

    def __add__(self, other: FieldSums) -> FieldSums:
        return FieldSums(
            self.lags + other.lags,
            self.moments + other.moments,
            self.noise_nats + other.noise_nats,
            joined(self.counts, other.counts),
        )

    def scaled(self, weight: float) -> FieldSums:
        """Count these frames ``weight`` times."""
        return FieldSums(
            self.lags.scaled(weight),
            self.moments.scaled(weight),
            weight * self.noise_nats,
            None if self.counts is None else self.counts.scaled(weight),
        )

    def shifted(self, by_adu: float) -> FieldSums:
        """Return the sums that pixels higher by ``by_adu``, less the fixed value, would give."""
        return FieldSums(
            self.lags.shifted(by_adu), self.moments.shifted(by_adu), self.noise_nats, self.counts
        )


def sum_frames(
    frames: NDArray[Any],
    about: NDArray[np.float32],
    noise: NoiseModel,
    discrete: bool,
    p: int,
    pool: Executor | None = None,
) -> FieldSums:
    """Sum frames (n, H, W).

    Parameters
    ----------
    frames, about
        As they were measured, and less a fixed value.
    discrete
        Whether they are integers.
    pool
        Where the lags are summed while this thread does the rest.
    """
    small = p in about.shape[1:]
    later = pool.submit(frame_lag_sums, about, p) if pool is not None and not small else None
    moments = frame_moments(about, p)
    pixels = tiled(frames, p)
    counts = AduCounts.of(pixels) if discrete else None
    if counts is None:
        noise_nats = float(noise.entropy_phi_nats(pixels, discrete).mean())
    else:
        noise_nats = counts.mean(noise.entropy_phi_nats(counts.adu, True))
    if small:
        lags = patch_lag_sums(*moments.pixel_sums, moments.n)
    else:
        lags = frame_lag_sums(about, p) if later is None else later.result()
    return FieldSums(lags, moments, noise_nats * moments.n, counts)
