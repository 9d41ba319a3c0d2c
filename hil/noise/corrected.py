"""Noise of frames that were corrected by maps: a mixture of cameras over pixels.

z : corrected integer of a pixel          w_c : share of the pixels in class c
G : electrons to a unit of z              O   : z without light
s : noise that does not grow with light, electrons

In z all pixels respond alike, clip at the same two ends and have the same dark level, but differ in
gain and read noise. What a pixel sees does not depend on which pixel it is (fields of view are many
places of the sample), so that one phi serves them all: that of a pixel drawn at random
(`mixture_distribution`), whose mean over pixels is the mean of each one's own entropy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.anscombe import Stabiliser
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.entropy_table import PhiTable
from hil.noise.entropy.mixed_pixels import MixedPixels
from hil.noise.pixel_classes import unevenness_nats
from hil.noise.tabulated import TabulatedNoise


@dataclass(frozen=True)
class CorrectedNoise(TabulatedNoise):
    """See the module.

    Parameters
    ----------
    distributions
        One a class, all with the same top.
    weights
        (n,) shares, of sum 1.
    line
        Mean variance over pixels, z^2: a and b of a (z - O) + b, with 1/12 for rounding.
    name
        What frames were corrected by, for messages.
    kinds
        (H, W) class of each pixel; None where all are alike, or where it is not known.
    """

    distributions: Sequence[CameraPixel]
    weights: Floats
    line: Stabiliser
    name: str
    kinds: NDArray[np.uint8] | None = field(default=None, compare=False)

    clips_low = True

    def __repr__(self) -> str:
        return self.name

    def cropped(self, rows: slice, columns: slice) -> CorrectedNoise:
        """Give the noise of a part of the frame."""
        return self if self.kinds is None else replace(self, kinds=self.kinds[rows, columns])

    @property
    def highest_adu(self) -> float:
        """See `NoiseModel`."""
        return self.distributions[0].top_adu

    @property
    def offset_adu(self) -> float:
        """What z is without light, dark current included."""
        return self.line.offset_adu

    @property
    def darkest_adu(self) -> float:
        """See `NoiseModel`."""
        return min(
            distribution.offset_adu
            - 6 * distribution.read_noise_e / distribution.gain_e_per_adu
            - 1
            for distribution in self.distributions
        )

    def _pixel(self) -> MixedPixels:
        return MixedPixels.of(self.distributions, self.weights, self.offset_adu)

    @cached_property
    def _table(self) -> PhiTable:
        return PhiTable(self._pixel())  # of arrays, which nothing is looked up by

    @property
    def stabiliser(self) -> Stabiliser:
        """That of the mean variance over pixels."""
        return self.line

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """See `NoiseModel`: mean over pixels."""
        del discrete
        signal = max(mean_adu - self.line.offset_adu, 0.0)
        return self.line.slope_adu * signal + self.line.intercept_adu2

    def class_variance(self, z: Floats) -> Floats:
        """(classes, n) variance of each class's noise at means ``z`` (n,), rounding included."""
        return np.stack(
            [
                np.maximum(z - distribution.offset_adu, 0.0) / distribution.gain_e_per_adu
                + (distribution.read_noise_e / distribution.gain_e_per_adu) ** 2
                + 1 / 12
                for distribution in self.distributions
            ]
        )

    def unevenness_nats(self, mean_adu: float) -> float:
        """How much higher the entropy of one Gaussian for all pixels is than that of their own."""
        return unevenness_nats(self.weights, self.class_variance(np.array([mean_adu]))[:, 0])

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """See `NoiseModel`; ``lambda_`` in units of z above the dark level, pixels of any class."""
        member = rng.choice(len(self.distributions), size=np.shape(lambda_), p=self.weights)
        g = np.array([distribution.gain_e_per_adu for distribution in self.distributions])[member]
        read = np.array([distribution.read_noise_e for distribution in self.distributions])[member]
        offset = np.array([distribution.offset_adu for distribution in self.distributions])[member]
        electrons = rng.poisson(np.asarray(lambda_) * g) + read * rng.standard_normal(member.shape)
        z: NDArray[np.int64] = np.rint(electrons / g + offset).astype(np.int64)
        return np.clip(z, 0, int(self.highest_adu))


def finest_step_adu(dark_noise_adu: float, range_adu: float, most_codes: int = 2**17) -> float:
    """Choose the unit of z: a power of 2, at most 1 ADU and a quarter of the noise in the dark."""
    wanted = min(1.0, dark_noise_adu / 4)
    coarsest = range_adu / most_codes
    return float(2.0 ** math.floor(math.log2(max(wanted, coarsest, 2**-6))))
