"""Known answers that every estimator of H(Y) must give, ours and other people's.

To use it, subclass `EstimatorContract` and name the estimator, or hand over an object::

    from hil.testing import EstimatorContract


    class TestAcmeEstimator(EstimatorContract):
        estimator = "acme"

``tolerance_bits`` is how far a point estimate may lie from the truth; a bound that only lies above
the truth says ``bound = True``. ``needs_integers`` is for one that takes counts alone.
``fields`` and ``side_px`` make more or fewer data of it.

S, N : variance of the scene and of the noise, ADU^2
C    : (d, d) covariance of a patch of the scene, ADU^2
truth: 1/2 log2(1 + S/N) for white scenes, log2 det(I + C/N) / 2d for correlated ones, bits/pixel
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information import estimate_information
from hil.information.registry import PatchEstimator
from hil.noise import GaussianNoise
from hil.records.estimate import Estimate

SIGMA_ADU = 10.0
OFFSET_ADU = 500.0


class EstimatorContract:
    """Override `estimator`, and what it promises less of."""

    estimator: ClassVar[str | PatchEstimator]
    tolerance_bits: ClassVar[float] = 0.03
    bound: ClassVar[bool] = False
    needs_integers: ClassVar[bool] = False
    fields: ClassVar[int] = 8
    repeats: ClassVar[int] = 2
    side_px: ClassVar[int] = 64
    patch_px: ClassVar[int] = 4

    def measured(self, scenes: Floats, seed: int) -> NDArray[Any]:
        """Frames of scenes (fields, height, width), repeated, with Gaussian noise."""
        noise = np.random.default_rng(seed).standard_normal(
            (scenes.shape[0], self.repeats, *scenes.shape[1:])
        )
        frames = OFFSET_ADU + scenes[:, None] + SIGMA_ADU * noise
        return np.rint(frames).astype(np.uint16) if self.needs_integers else frames

    def white(self, signal_to_noise: float, seed: int = 1) -> NDArray[Any]:
        """Frames of a white Gaussian scene."""
        rng = np.random.default_rng(seed)
        scenes = rng.standard_normal((self.fields, self.side_px, self.side_px))
        return self.measured(SIGMA_ADU * math.sqrt(signal_to_noise) * scenes, seed + 100)

    def estimate(self, frames: NDArray[Any], sigma_adu: float = SIGMA_ADU) -> Estimate:
        """Estimate with the estimator of this contract."""
        noise = GaussianNoise(sigma_adu)
        return estimate_information(frames, noise, self.estimator, patch_size=self.patch_px)

    def agrees(self, found: Estimate, truth: float) -> None:
        """Assert that an estimate is right, or above the truth where it is a bound."""
        assert found.bits_per_pixel > truth - self.tolerance_bits
        if not self.bound:
            assert found.bits_per_pixel < truth + self.tolerance_bits

    @pytest.mark.parametrize("signal_to_noise", [0.25, 1.0, 4.0])
    def test_a_white_gaussian_scene(self, signal_to_noise: float) -> None:
        found = self.estimate(self.white(signal_to_noise))
        self.agrees(found, 0.5 * math.log2(1 + signal_to_noise))

    def test_a_flat_field_carries_nothing(self) -> None:
        self.agrees(self.estimate(self.white(0.0)), 0.0)

    def test_a_correlated_gaussian_scene(self) -> None:
        """Fields of one patch each, so that the truth is exactly the log determinant."""
        p, n = self.patch_px, self.fields * (self.side_px // self.patch_px) ** 2
        place = np.stack(np.meshgrid(np.arange(p), np.arange(p), indexing="ij"), -1).reshape(-1, 2)
        apart = np.linalg.norm(place[:, None] - place[None], axis=-1)
        covariance = 4 * SIGMA_ADU**2 * np.exp(-apart / 2)
        rng = np.random.default_rng(3)
        scenes = rng.standard_normal((n, p * p)) @ np.linalg.cholesky(covariance).T
        found = self.estimate(self.measured(scenes.reshape(n, p, p), 4))
        log_det = np.linalg.slogdet(np.eye(p * p) + covariance / SIGMA_ADU**2)[1]
        self.agrees(found, float(log_det) / (2 * p * p * math.log(2)))

    def test_the_order_of_fields_does_not_matter(self) -> None:
        frames = self.white(1.0)
        turned = frames[np.random.default_rng(5).permutation(frames.shape[0])]
        found, again = self.estimate(frames), self.estimate(turned)
        assert again.bits_per_pixel == pytest.approx(
            found.bits_per_pixel, abs=2 * self.tolerance_bits
        )

    def test_the_unit_does_not_matter(self) -> None:
        frames = self.white(1.0)
        again = self.estimate(2 * frames, 2 * SIGMA_ADU)
        assert again.bits_per_pixel == pytest.approx(
            self.estimate(frames).bits_per_pixel, abs=self.tolerance_bits
        )

    def test_more_light_tells_more(self) -> None:
        bits = [self.estimate(self.white(snr)).bits_per_pixel for snr in (0.1, 1.0, 10.0)]
        assert bits == sorted(bits)

    def test_the_same_frames_give_the_same_estimate(self) -> None:
        frames = self.white(1.0)
        found, again = self.estimate(frames), self.estimate(frames)
        assert found.bits_per_pixel == again.bits_per_pixel

    def test_the_bound_lies_above_and_the_interval_around(self) -> None:
        found = self.estimate(self.white(1.0))
        assert found.ci_low <= found.bits_per_pixel <= found.ci_high
        assert found.details["held_out_bits"] >= found.details["in_sample_bits"]
        assert found.details["held_out_bits"] > 0.5 - self.tolerance_bits
        assert found.n_units == self.fields
