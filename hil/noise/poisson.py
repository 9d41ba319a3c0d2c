"""Photon counting: a pixel's ADU are its counts."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.anscombe import Stabiliser
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.model import NoiseModel
from hil.noise.tabulated import TabulatedNoise


class PoissonNoise(TabulatedNoise):
    """Y ~ Poisson(lambda), no read noise, no upper end."""

    darkest_adu = 0.0
    highest_adu = math.inf
    clips_low = False

    def __repr__(self) -> str:
        return "PoissonNoise()"

    def _pixel(self) -> CameraPixel:
        return CameraPixel(1.0, 0.0, 0.0, math.inf)

    def recoded(self, step_adu: float, phase_adu: float, highest: float | None) -> NoiseModel:
        """Give the noise of (y - phase) / step, clipped at ``highest`` of these; it is kept."""
        from hil.noise.camera import CameraNoise

        key = (step_adu, phase_adu, highest)
        if key not in self._recoded:
            clip = None if highest is None or math.isinf(highest) else highest
            self._recoded[key] = CameraNoise(step_adu, max(-phase_adu, 0.0), 0.0, 32, clip)
        return self._recoded[key]

    @cached_property
    def _recoded(self) -> dict[tuple[float, float, float | None], NoiseModel]:
        return {}

    def entropy_nats(self, lambda_e: Floats) -> Floats:
        """Entropy h(lambda) of one pixel, nats, for an expected count ``lambda_e`` of any shape."""
        return self._table.entropy_nats(lambda_e)

    def has_one_hill(self, adu: Floats) -> bool:
        """See `OneHillNoise`: always."""
        del adu
        return True

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """See `NoiseModel`: variance equals mean."""
        del discrete
        return max(mean_adu, 0.0)

    @property
    def stabiliser(self) -> Stabiliser:
        """Anscombe's transform."""
        return Stabiliser(0.0, 1.0, 0.0)

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """See `NoiseModel`; ``lambda_`` in counts."""
        return np.asarray(rng.poisson(lambda_))
