"""The distribution of a pixel drawn at random from a sensor whose pixels differ.

lambda : electrons in the typical pixel       G : its electrons per ADU
lambda_c = lambda G_c / G + d_c : what a pixel of class c has of the same light, d_c dark electrons
w_c    : share of the pixels in class c

P(y | lambda) = sum_c w_c P_c(y | lambda_c) is what the histogram of all pixels shows; the entropy
that counts is sum_c w_c h_c(lambda_c), since it is known which pixel is which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.noise.entropy.camera_pixel import CameraPixel


@dataclass(frozen=True, slots=True)
class MixedPixels(CameraPixel):
    """See the module.

    Parameters
    ----------
    gain_e_per_adu, offset_adu, read_noise_e, top_adu
        Of a camera with the mean variance of all pixels.
    distributions
        One a class, all with the same top.
    weights
        (n,) shares, of sum 1.
    dark_e
        (n,) electrons without light.
    """

    distributions: Sequence[CameraPixel]
    weights: Floats
    dark_e: Floats

    @classmethod
    def of(
        cls, distributions: Sequence[CameraPixel], weights: Floats, offset_adu: float
    ) -> MixedPixels:
        """Mix distributions whose pixels read ``offset_adu`` on average without light."""
        g = np.array([distribution.gain_e_per_adu for distribution in distributions])
        read = np.array([distribution.read_noise_e for distribution in distributions])
        dark = (
            np.array(
                [max(offset_adu - distribution.offset_adu, 0.0) for distribution in distributions]
            )
            * g
        )
        typical = 1 / float(weights @ (1 / g))
        variance_adu2 = float(weights @ ((read**2 + dark) / g**2))
        read_e = typical * float(np.sqrt(variance_adu2))
        return cls(
            typical, offset_adu, read_e, distributions[0].top_adu, distributions, weights, dark
        )

    def tabulated(
        self, lambda_e: Floats, edges: Floats, *, bright: bool = False
    ) -> tuple[Floats, Floats]:
        """See `CameraPixel`."""
        mixed: Floats = np.zeros((lambda_e.size, edges.size - 1))
        entropy = np.zeros(lambda_e.size)
        for distribution, weight, own in self._each(lambda_e):
            probability, nats = distribution.tabulated(own, edges, bright=bright)
            mixed += weight * probability
            entropy += weight * nats
        return mixed, entropy

    def smooth_entropy_nats(self, lambda_e: Floats) -> Floats:
        """See `CameraPixel`."""
        mean = np.zeros(np.shape(lambda_e))
        for distribution, weight, own in self._each(lambda_e):
            mean += weight * distribution.smooth_entropy_nats(own)
        return mean

    def _each(self, lambda_e: Floats) -> list[tuple[CameraPixel, float, Floats]]:
        lambda_e = np.asarray(lambda_e, dtype=np.float64)
        return [
            (
                distribution,
                float(weight),
                lambda_e * (distribution.gain_e_per_adu / self.gain_e_per_adu) + dark,
            )
            for distribution, weight, dark in zip(
                self.distributions, self.weights, self.dark_e, strict=True
            )
        ]
