"""What the mean of phi lacks of H(Y|X)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhiShift:
    """What is added to the mean of phi over integer pixels, so that it is H(Y|X).

    Parameters
    ----------
    nats
        To be added to phi of every pixel.
    sd_nats
        Standard deviation that the pixels leave to it: large where many scenes, with different
        entropies, fit the same histogram.
    gaussian_gap_nats
        Entropy that Gaussians of the noise's variances have beyond H(Y|X): what a Gaussian family
        sees on a flat field, where there is nothing.
    """

    nats: float = 0.0
    sd_nats: float = 0.0
    gaussian_gap_nats: float = 0.0

    def __add__(self, other: PhiShift) -> PhiShift:
        return PhiShift(
            self.nats + other.nats,
            math.hypot(self.sd_nats, other.sd_nats),
            self.gaussian_gap_nats + other.gaussian_gap_nats,
        )

    def scaled(self, share: float) -> PhiShift:
        """Return what a share of the pixels adds to the mean over all."""
        return PhiShift(share * self.nats, share * self.sd_nats, share * self.gaussian_gap_nats)
