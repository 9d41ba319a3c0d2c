"""Fields of view as normal scores in units of their noise, a few at a time.

z : score of a pixel under the law of its channel      n : variance of the noise in it

A training set is a law for each channel and some fields. Its scores are z / sqrt(n), so that noise
has a variance of 1 in every channel and every training set, and no eigenvalue of a covariance of
scores lies below that. Frames are coded and looked up anew at each pass: memory does not grow with
their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hil.information.coded_frames import CodedFrames
from hil.information.normal_scores import NormalScores
from hil.information.sample import Channel, Sample

Floats = NDArray[np.float64]

_FLOOR_SHARE = 0.9  # of the noise's variance in the scores, which is known to first order only
_LEAST_SHARE = 0.05  # of it, below which chance brings no variance
_LEAST_NOISE = 1e-12  # variance of the noise in scores, whose own is 1


@dataclass(frozen=True)
class ScoredFields:
    """A training set.

    Parameters
    ----------
    laws
        Of each channel.
    codes
        All frames.
    fields
        Indices of those in the set.
    """

    laws: tuple[NormalScores, ...]
    codes: CodedFrames
    fields: NDArray[np.intp]

    @cached_property
    def noise_sd(self) -> Floats:
        """(C,) sqrt(n)."""
        pairs = zip(self.laws, self.codes.noise_variance, strict=True)
        variance = [_FLOOR_SHARE * law.slope2_mean(v) for law, v in pairs]
        return np.sqrt(np.maximum(variance, _LEAST_NOISE))

    @property
    def least_latent_variance(self) -> Floats:
        """(d,) variance below which no pixel's latent is known, a part of its noise's."""
        return np.repeat(_LEAST_SHARE * self.noise_sd**2, self.values_per_channel)

    @property
    def values_per_channel(self) -> int:
        """Pixels of a patch."""
        return self.codes.sample.patch_size**2

    @property
    def n_scenes(self) -> int:
        """Number of patches, of one repeat of each field: repeats show the same scenes again."""
        return int(self.fields.size * self.codes.sample.places.shape[1])

    def parts(self) -> Iterator[Sample]:
        """Give the fields, a group at a time, as frames of scores in units of their noise."""
        table = np.concatenate(
            [law.score / sd for law, sd in zip(self.laws, self.noise_sd, strict=True)]
        )
        several = len(self.laws) > 1
        alike = tuple(Channel(0.0, 1.0, None, False, 1.0) for _ in self.laws)
        for group in self.codes.groups(self.fields):
            coded = self.codes.some(group)
            yield replace(
                coded,
                frames=table[coded.frames],
                mean_adu=0.0,
                noise_variance_adu2=1.0,
                discrete=False,
                noise=None,
                channels=alike if several else (),
            )

    def mean_of_scores(self, mean: Floats) -> Floats:
        """Turn a mean (d,) of `parts` into that of the scores."""
        return mean * np.repeat(self.noise_sd, self.values_per_channel)

    def in_scores(self, covariance: Floats, whitener: Floats) -> tuple[Floats, Floats]:
        """Turn a covariance (d, d) of `parts` and its whitener into those of the scores."""
        sd = np.repeat(self.noise_sd, self.values_per_channel)
        return covariance * np.outer(sd, sd), whitener / sd
