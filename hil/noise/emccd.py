"""An electron-multiplying CCD: shot noise, stochastic gain, read noise, rounding and both clips."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.noise.anscombe import Stabiliser
from hil.noise.camera import CameraNoise
from hil.noise.entropy.emccd_pixel import EmccdPixel
from hil.noise.model import finite_number
from hil.noise.tabulated import TabulatedNoise

_LEAST_READ_NOISE_ADU = 0.25  # a distribution sharper than that is one of places between integers


class EmccdNoise(TabulatedNoise):
    """Y = clip(round(Gamma(K, em_gain) / gain + offset + N(0, (read_noise / gain)^2)), 0, top).

    K is Poisson; Gamma(K, em_gain) is what the multiplication register makes of K electrons (Basden
    et al. 2003; Hirsch et al. 2013). The variance is twice that of a camera of the same slope.

    Parameters
    ----------
    gain_e_per_adu
        Electrons at the output, behind the register, per ADU, more than 0.
    offset_adu
        What a pixel without electrons reads on average, ADU, from 0 to below the clip.
    read_noise_e
        Electrons rms at the output, at least a quarter of the gain.
    em_gain
        Mean number of electrons that the register makes of one, from 2; the distribution is exact
        for many stages, from about 10. A camera whose register is off is a `CameraNoise`.
    bit_depth
        1 to 32.
    clock_induced_e
        Spurious electrons a pixel and frame, before the register.

    Raises
    ------
    InputError
        For impossible values.
    """

    clips_low = True

    def __init__(
        self,
        gain_e_per_adu: float,
        offset_adu: float,
        read_noise_e: float,
        em_gain: float,
        bit_depth: int = 16,
        clock_induced_e: float = 0.0,
    ) -> None:
        # a camera's rules for the rest, in the numbers that were given
        plain = CameraNoise(gain_e_per_adu, offset_adu, read_noise_e, bit_depth)
        self._plain = plain
        self.gain_e_per_adu, self.offset_adu = plain.gain_e_per_adu, plain.offset_adu
        self.read_noise_e, self.bit_depth = plain.read_noise_e, plain.bit_depth
        self.highest_adu = plain.highest_adu
        self.em_gain = finite_number(
            "em_gain",
            em_gain,
            2,
            inclusive=True,
            allowed="a number from 2; with the register off, kind camera",
        )
        self.clock_induced_e = finite_number(
            "clock_induced_e", clock_induced_e, 0, inclusive=True, allowed="a number from 0"
        )
        least = _LEAST_READ_NOISE_ADU * self.gain_e_per_adu
        if self.read_noise_e < least:
            raise InputError(
                "noise",
                "read_noise_e",
                f"{self.read_noise_e:g} is below a quarter of an ADU; "
                f"allowed: {least:g} or more, in electrons behind the register",
            )

    def __repr__(self) -> str:
        return (
            f"EmccdNoise(gain_e_per_adu={self.gain_e_per_adu:g}, offset_adu={self.offset_adu:g}, "
            f"read_noise_e={self.read_noise_e:g}, em_gain={self.em_gain:g}, "
            f"bit_depth={self.bit_depth}, clock_induced_e={self.clock_induced_e:g})"
        )

    @property
    def darkest_adu(self) -> float:
        """See `NoiseModel`."""
        return self._plain.darkest_adu

    def recoded(
        self, step_adu: float, phase_adu: float, highest: float | None
    ) -> EmccdNoise | None:
        """Give the noise of (y - phase) / step, clipped at ``highest`` of these; it is kept.

        None where steps are so wide that the read noise is less than a quarter of one.
        """
        key = (step_adu, phase_adu, highest)
        if key not in self._recoded:
            gain = self.gain_e_per_adu * step_adu
            enough = self.read_noise_e >= _LEAST_READ_NOISE_ADU * gain
            self._recoded[key] = self._in_steps(gain, key) if enough else None
        return self._recoded[key]

    def _in_steps(self, gain: float, key: tuple[float, float, float | None]) -> EmccdNoise:
        found = EmccdNoise(
            gain, 0.0, self.read_noise_e, self.em_gain, self.bit_depth, self.clock_induced_e
        )
        # what the register makes of electrons no code changes: the rest is a camera's
        found._plain = self._plain.recoded(*key)
        found.like_camera = self.like_camera.recoded(*key)
        found.offset_adu, found.highest_adu = found._plain.offset_adu, found._plain.highest_adu
        return found

    @cached_property
    def _recoded(self) -> dict[tuple[float, float, float | None], EmccdNoise | None]:
        return {}

    @cached_property
    def like_camera(self) -> CameraNoise:
        """The camera with the same mean and variance: half the light, twice the slope."""
        double = 2 * self.em_gain
        return CameraNoise(
            self.gain_e_per_adu / double,
            self.offset_adu,
            self.read_noise_e / double,
            self.bit_depth,
        )

    def _pixel(self) -> EmccdPixel:
        like = self.like_camera
        return EmccdPixel(like.gain_e_per_adu, like.offset_adu, like.read_noise_e, like.highest_adu)

    @property
    def stabiliser(self) -> Stabiliser:
        """That of the camera with the same mean and variance."""
        return self.like_camera.stabiliser

    def entropy_nats(self, lambda_e: Floats) -> Floats:
        """Entropy h(lambda) of one pixel, nats, for expected electrons before the register."""
        total = np.asarray(lambda_e, dtype=np.float64) + self.clock_induced_e
        return self._table.entropy_nats(total / 2)

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """See `NoiseModel`: twice the shot noise of the slope, read noise, 1/12 for rounding."""
        return self.like_camera.mean_variance_adu2(mean_adu, discrete)

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """See `NoiseModel`; ``lambda_`` in electrons before the register."""
        collected = rng.poisson(np.asarray(lambda_) + self.clock_induced_e)
        output = rng.gamma(collected, self.em_gain)
        output += rng.normal(0.0, self.read_noise_e, output.shape)
        return self._plain.digitised(output / self.gain_e_per_adu + self.offset_adu)
