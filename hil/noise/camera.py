"""A camera: shot noise, read noise, gain, offset, rounding and both clips."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.noise.anscombe import Stabiliser
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.electron_comb import electron_comb
from hil.noise.model import finite_number
from hil.noise.tabulated import TabulatedNoise


class CameraNoise(TabulatedNoise):
    """Y = clip(round(K / gain + offset + N(0, (read_noise / gain)^2)), 0, 2^bit_depth - 1).

    K is Poisson with the scene's electrons as its mean (EMVA 1288 release 4 linear).

    Parameters
    ----------
    gain_e_per_adu
        Electrons per ADU, more than 0.
    offset_adu
        What a dark pixel reads on average, ADU, from 0 to below the clip.
    read_noise_e
        Electrons rms, at least 0.
    bit_depth
        1 to 32.
    saturation_adu
        Where it clips, if that is below the top code: a full well, or fewer bits than are stored.
        Pixels of frames that read more, by the read noise above a full well, count as clipped.

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
        bit_depth: int = 16,
        saturation_adu: float | None = None,
    ) -> None:
        self.gain_e_per_adu = finite_number(
            "gain_e_per_adu",
            gain_e_per_adu,
            0,
            inclusive=False,
            allowed="a number above 0, in electrons per ADU",
        )
        self.offset_adu = finite_number(
            "offset_adu", offset_adu, 0, inclusive=True, allowed="a number from 0, in ADU"
        )
        self.read_noise_e = finite_number(
            "read_noise_e", read_noise_e, 0, inclusive=True, allowed="a number from 0, in electrons"
        )
        if isinstance(bit_depth, bool) or bit_depth != int(bit_depth) or not 1 <= bit_depth <= 32:
            raise InputError(
                "noise", "bit_depth", f"{bit_depth!r} is impossible; allowed: an integer 1 to 32"
            )
        self.bit_depth = int(bit_depth)
        self.top_code_adu = float(2**self.bit_depth - 1)
        self.highest_adu = self.top_code_adu
        if saturation_adu is not None:
            allowed = f"a number above 0 and up to {self.highest_adu:g}, in ADU"
            clip = finite_number(
                "saturation_adu", saturation_adu, 0, inclusive=False, allowed=allowed
            )
            if clip > self.highest_adu:
                raise InputError(
                    "noise", "saturation_adu", f"{clip:g} is impossible; allowed: {allowed}"
                )
            self.highest_adu = float(math.floor(clip))
        self._recoded: dict[tuple[float, float, float | None], CameraNoise] = {}
        if self.offset_adu >= self.highest_adu:
            raise InputError(
                "noise",
                "offset_adu",
                f"{self.offset_adu:g} lies at or above the clip of {self.bit_depth} bits; "
                f"allowed: less than {self.highest_adu:g}",
            )

    def __repr__(self) -> str:
        return (
            f"CameraNoise(gain_e_per_adu={self.gain_e_per_adu:g}, offset_adu={self.offset_adu:g}, "
            f"read_noise_e={self.read_noise_e:g}, bit_depth={self.bit_depth})"
        )

    @property
    def darkest_adu(self) -> float:
        """See `NoiseModel`."""
        return self.offset_adu - 6 * self.read_noise_e / self.gain_e_per_adu - 1

    def _pixel(self) -> CameraPixel:
        return CameraPixel(
            self.gain_e_per_adu, self.offset_adu, self.read_noise_e, self.highest_adu
        )

    def recoded(self, step_adu: float, phase_adu: float, highest: float | None) -> CameraNoise:
        """Give the noise of (y - phase) / step, clipped at ``highest`` of these; it is kept."""
        key = (step_adu, phase_adu, highest)
        if key not in self._recoded:
            clip = None if highest is None or math.isinf(highest) else highest
            self._recoded[key] = found = CameraNoise(
                self.gain_e_per_adu * step_adu, 0.0, self.read_noise_e, self.bit_depth, clip
            )
            # may lie a little below 0: rounding has a phase
            found.offset_adu = (self.offset_adu - phase_adu) / step_adu
        return self._recoded[key]

    def entropy_nats(self, lambda_e: Floats) -> Floats:
        """Entropy h(lambda) of one pixel, nats, for expected electrons ``lambda_e``."""
        return self._table.entropy_nats(lambda_e)

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """See `NoiseModel`: the photon-transfer line, with 1/12 for rounding."""
        del discrete
        g = self.gain_e_per_adu
        shot = max(mean_adu - self.offset_adu, 0.0) / g
        return shot + (self.read_noise_e / g) ** 2 + 1 / 12

    def comb(self, adu: Floats) -> Floats | None:
        """How single electrons show in codes (n,) of ADU, mean 1; None where they do not."""
        return electron_comb(adu, self.gain_e_per_adu, self.offset_adu, self.read_noise_e)

    def has_one_hill(self, adu: Floats) -> bool:
        """See `OneHillNoise`."""
        return self.comb(adu) is None

    @property
    def stabiliser(self) -> Stabiliser:
        """The generalised Anscombe transform."""
        g = self.gain_e_per_adu
        return Stabiliser(self.offset_adu, 1 / g, (self.read_noise_e / g) ** 2 + 1 / 12)

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """See `NoiseModel`; ``lambda_`` in electrons."""
        g = self.gain_e_per_adu
        read = rng.normal(0.0, self.read_noise_e / g, np.shape(lambda_))
        return self.digitised(rng.poisson(lambda_) / g + self.offset_adu + read)

    def digitised(self, adu: Floats) -> NDArray[Any]:
        """Round and clip ADU as the converter does, in its type."""
        return np.clip(np.rint(adu), 0, self.highest_adu).astype(
            np.uint16 if self.bit_depth <= 16 else np.uint32
        )
