"""Fields of view as normal scores in units of their noise, a few at a time.

z : score of a pixel under the distribution of its channel      n : variance of the noise in it

A training set is a distribution for each channel and some fields. Its scores are z / sqrt(n), so
that noise has a variance of 1 in every channel and every training set, and no eigenvalue of a
covariance of scores lies below that. Frames are coded and looked up anew at each pass: memory does
not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.copula.coded_frames import CodedFrames
from hil.information.densities.copula.normal_scores import NormalScores
from hil.information.densities.copula.scores_by_class import ScoresByClass
from hil.information.sample.sample import Channel, Sample

_FLOOR_SHARE = 0.9  # of the noise's variance in the scores, which is known to first order only
_LEAST_SHARE = 0.05  # of it, below which chance brings no variance
_LEAST_NOISE = 1e-12  # variance of the noise in scores, whose own is 1


@dataclass(frozen=True)
class ScoredFields:
    """A training set.

    Parameters
    ----------
    distributions
        Of each channel.
    codes
        All frames.
    fields
        Indices of those in the set.
    """

    distributions: tuple[NormalScores | ScoresByClass, ...]
    codes: CodedFrames
    fields: NDArray[np.intp]

    @cached_property
    def noise_sd(self) -> Floats:
        """(C,) sqrt(n)."""
        pairs = zip(self.distributions, self.codes.noise_variance, strict=True)
        variance = [_FLOOR_SHARE * distribution.slope2_mean(v) for distribution, v in pairs]
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
            [
                distribution.score / sd
                for distribution, sd in zip(self.distributions, self.noise_sd, strict=True)
            ]
        )
        several = len(self.distributions) > 1
        alike = tuple(Channel(0.0, 1.0, None, False, 1.0) for _ in self.distributions)
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
