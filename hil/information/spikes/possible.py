"""Spikes that stay where they are: sums over frames that are seen one at a time.

Of frames that stream by, or of which patches are read, nothing is taken out. What stands out alone
in a frame that is blurred, or noise but for it, is counted instead (`isolated`), and where it may
pass for much it is said. A scene as sharp as the pixels may have such pixels, and counts for none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.diagnostics.flags import middle
from hil.information.diagnostics.spectrum import Sharpness, sharpness
from hil.information.diagnostics.spikes import SpikeLimit, spike_bits
from hil.information.spikes.isolated import Isolated, isolated
from hil.noise.model import NoiseModel

MOST_BITS = 0.02  # that may pass unseen
_SIDE = 128  # pixels of a frame's middle that are looked at
_LOOKED_AT = 16  # images, whose spectrum is


@dataclass(frozen=True, slots=True)
class PossibleSpikes:
    """Sums over frames.

    Parameters
    ----------
    pixels
        How many were looked at.
    spikes, log2, squares
        How many of them stand out alone, the sum of log2 of how many widths of the noise each does,
        and of the squares of that.
    """

    pixels: float = 0.0
    spikes: float = 0.0
    log2: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, frame: NDArray[np.integer], noise: NoiseModel) -> PossibleSpikes:
        """Look at the middle of a frame (H, W) of integers."""
        image = middle(frame, _SIDE)[None]
        limit = SpikeLimit.of(noise, float(image.min()), float(image.max()), True)
        found = isolated(image, limit, tracks=True)
        none = cls(float(image.size))
        counted = cls(
            float(image.size),
            float(len(found)),
            limit.log2_ratio(found.height_adu, found.level_adu),
            limit.squares(found.height_adu, found.level_adu),
        )
        if counted.bits <= MOST_BITS:
            return counted
        variance = noise.mean_variance_adu2(float(image.mean()), True)
        seen = sharpness_without(image, found, variance)
        return counted if seen.blurred or seen.by_noise_alone else none

    def __add__(self, other: PossibleSpikes) -> PossibleSpikes:
        return PossibleSpikes(
            *(getattr(self, one.name) + getattr(other, one.name) for one in fields(self))
        )

    def scaled(self, weight: float) -> PossibleSpikes:
        """Count these frames ``weight`` times."""
        return PossibleSpikes(*(weight * getattr(self, one.name) for one in fields(self)))

    @property
    def bits(self) -> float:
        """Bits per pixel that they may pass for, where variances count most."""
        if self.spikes == 0:
            return 0.0
        on_codes = spike_bits(self.spikes / self.pixels, self.log2 / self.spikes)
        return max(on_codes, gaussian_bits(self.squares, self.pixels))

    def flags(self, bits_per_pixel: float) -> set[str]:
        """Give those that an estimate of so many bits has."""
        return {"spikes_possible"} if min(self.bits, bits_per_pixel) > MOST_BITS else set()

    def details(self) -> dict[str, Any]:
        """Give what of it an estimate states."""
        return {"spike_possible_bits": self.bits} if self.bits > MOST_BITS else {}


def gaussian_bits(squares: float, n_pixels: float) -> float:
    """Per pixel, what they pass for where only variances count: a few high ones are much then."""
    return 0.5 * math.log2(1 + squares / n_pixels)


def sharpness_without(
    images: NDArray[Any], found: Isolated, noise_variance_adu2: float
) -> Sharpness:
    """Look at the spectrum of images (n, H, W) without what stands out alone."""
    some = images[:_LOOKED_AT].astype(np.float32)
    early = found.some(found.at[0] < len(some))
    some[tuple(early.at)] = early.level_adu
    return sharpness(some, noise_variance_adu2)
