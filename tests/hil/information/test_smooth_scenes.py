"""Scenes behind blurring optics: their spectrum ends, and beyond it there is noise alone."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from hil.information import estimate_information
from hil.noise import GaussianNoise

SIZE = 96
P = 8
MIX = np.array([[1.0, 0.5], [0.0, 1.0]])


class Blur(NamedTuple):
    """White scenes through a Gaussian blur, noise of 1 ADU."""

    sigma_px: float
    contrast_adu: float
    channels: int = 1

    def transfer(self) -> np.ndarray:
        frequency = np.fft.fftfreq(SIZE)
        square = frequency[:, None] ** 2 + frequency**2
        blur = np.exp(-2 * (np.pi * self.sigma_px) ** 2 * square)
        return self.contrast_adu * blur / np.sqrt((blur**2).mean())

    @property
    def mix(self) -> np.ndarray:
        return MIX[: self.channels, : self.channels]

    def frames(self, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        white = rng.standard_normal((8, 1, self.channels, SIZE, SIZE))
        scene = np.fft.ifft2(np.fft.fft2(white) * self.transfer()).real
        mixed = np.einsum("ab,nrbhw->nrahw", self.mix, scene)
        return mixed + rng.standard_normal(mixed.shape) + 100

    def truth(self) -> float:
        lags = np.fft.ifft2(self.transfer() ** 2).real
        at = np.stack(np.meshgrid(np.arange(P), np.arange(P), indexing="ij"), -1).reshape(-1, 2)
        apart = at[:, None] - at[None]
        covariance = np.kron(self.mix @ self.mix.T, lags[apart[..., 0], apart[..., 1]])
        d = len(covariance)
        return float(np.linalg.slogdet(np.eye(d) + covariance)[1]) / (2 * d * math.log(2))


@pytest.mark.parametrize("estimator", ["stationary", "gaussian", "scale_mixture", "copula"])
@pytest.mark.parametrize(
    "blur",
    [Blur(1, 10), Blur(2, 300), Blur(4, 10), Blur(4, 300), Blur(2, 30, 2), Blur(4, 300, 2)],
    ids=str,
)
def test_blurred_scenes(blur: Blur, estimator: str) -> None:
    # in the second seed, lags alone make a covariance just above the noise, and a wrong one
    for seed in range(2):
        found = estimate_information(blur.frames(seed), GaussianNoise(1.0), estimator, P)
        assert found.bits_per_pixel == pytest.approx(blur.truth(), abs=0.012)
        # the bound of a free covariance pays for its parameters
        assert -0.01 < found.details["held_out_bits"] - blur.truth() < 0.05
