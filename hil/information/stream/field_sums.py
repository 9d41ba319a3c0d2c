"""All that the stationary estimator needs of a field of view, in a size that does not grow."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.information.densities.stationary.autocovariance import (
    LagSums,
    frame_lag_sums,
    moment_lag_sums,
    within_patches,
)
from hil.information.densities.stationary.masked_lags import masked_lags
from hil.information.densities.stationary.patch_moments import PatchMoments, frame_moments, tiled
from hil.information.diagnostics.flags import about
from hil.information.stream.region import Region
from hil.noise.entropy.histogram import AduCounts, joined
from hil.noise.model import NoiseModel

_WORTH_THREADS = 2**18  # pixels
_PARTS = 8  # that threads share, whatever their number: sums do not depend on the machine


@dataclass(frozen=True, slots=True)
class FieldSums:
    """Sums over the frames of one field, which may carry fractional weights.

    Parameters
    ----------
    lags
        Sums of products by lag, over all pixels or as `within_patches` says.
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
    reference_adu: float,
    noise: NoiseModel,
    discrete: bool,
    p: int,
    region: Region | None = None,
) -> FieldSums:
    """Sum frames (n, H, W), large ones by several threads.

    Parameters
    ----------
    reference_adu
        The fixed value that sums are about.
    discrete
        Whether the pixels are integers.
    region
        Which pixels may be used of frames cut to its rectangle; None for all.
    """
    patches, sum_lags = _sources(frames, reference_adu, p, region)
    summed = partial(_sum_part, reference_adu=reference_adu, noise=noise, discrete=discrete, p=p)
    if frames.size < _WORTH_THREADS:
        moments, noise_nats, counts = summed(patches)
        lags = None if sum_lags is None else sum_lags()
    else:
        with ThreadPoolExecutor(min(_PARTS, os.cpu_count() or 1)) as pool:
            later = None if sum_lags is None else pool.submit(sum_lags)
            moments, noise_nats, counts = reduce(_together, pool.map(summed, _parts(patches, p)))
            lags = None if later is None else later.result()
    return FieldSums(
        moment_lag_sums(moments) if lags is None else lags, moments, noise_nats, counts
    )


def _sources(
    frames: NDArray[Any], reference_adu: float, p: int, region: Region | None
) -> tuple[NDArray[Any], Callable[[], LagSums] | None]:
    """Frames whose patches are summed, and how lags are; None from the patches' moments."""
    _, height, width = frames.shape
    if region is None or region.usable is None or region.corners is None:
        if within_patches(height, width, p):
            return frames, None
        return frames, partial(frame_lag_sums, frames, reference_adu, p)
    patches = region.patches(frames, p)
    if within_patches(height, width, p, len(region.corners)):
        return patches, None
    return patches, partial(_masked_lag_sums, frames, region.usable, reference_adu, p)


def _masked_lag_sums(
    frames: NDArray[Any], usable: NDArray[np.bool_], reference_adu: float, p: int
) -> LagSums:
    return LagSums.of_masked(masked_lags(about(frames, reference_adu)[:, None], usable, p))


class _Part(NamedTuple):
    moments: PatchMoments
    noise_nats: float
    counts: AduCounts | None


def _sum_part(
    frames: NDArray[Any], reference_adu: float, noise: NoiseModel, discrete: bool, p: int
) -> _Part:
    moments = frame_moments(frames, reference_adu, p)
    pixels = tiled(frames, p)
    counts = AduCounts.of(pixels) if discrete else None
    if counts is None:
        noise_nats = float(noise.entropy_phi_nats(pixels, discrete).mean())
    else:
        noise_nats = counts.mean(noise.entropy_phi_nats(counts.adu, True))
    return _Part(moments, noise_nats * moments.n, counts)


def _together(one: _Part, other: _Part) -> _Part:
    return _Part(
        one.moments + other.moments,
        one.noise_nats + other.noise_nats,
        joined(one.counts, other.counts),
    )


def _parts(frames: NDArray[Any], p: int) -> list[NDArray[Any]]:
    """Split frames, or the rows of patches in few ones, always in the same way."""
    if len(frames) >= _PARTS:
        return np.array_split(frames, _PARTS)
    cut = tiled(frames, p)
    ends = np.linspace(0, cut.shape[1] // p, 1 + min(_PARTS, cut.shape[1] // p)).astype(int) * p
    return [cut[:, top:bottom] for top, bottom in pairwise(ends)]
