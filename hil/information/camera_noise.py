"""A camera: shot noise, read noise, gain, offset, rounding and both clips."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.adu_counts import AduCounts
from hil.information.electron_comb import electron_comb
from hil.information.noise_model import Floats, PhiShift, finite_number
from hil.information.phi_table import PhiTable
from hil.information.pixel_law import PixelLaw
from hil.information.stabilise import Stabiliser


class CameraNoise:
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

    Raises
    ------
    InputError
        For impossible values.
    """

    needs_integers = True
    lowest_adu = 0.0
    clips_low = True

    def __init__(
        self,
        gain_e_per_adu: float,
        offset_adu: float,
        read_noise_e: float,
        bit_depth: int = 16,
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
        self.highest_adu = float(2**self.bit_depth - 1)
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

    @cached_property
    def _table(self) -> PhiTable:
        return PhiTable(
            PixelLaw(self.gain_e_per_adu, self.offset_adu, self.read_noise_e, self.highest_adu)
        )

    def entropy_nats(self, lambda_e: Floats) -> Floats:
        """Entropy h(lambda) of one pixel, nats, for expected electrons ``lambda_e``."""
        return self._table.entropy_nats(lambda_e)

    def entropy_phi_nats(self, y_adu: NDArray[Any], discrete: bool) -> Floats:
        """See `NoiseModel`."""
        del discrete
        return self._table.phi_nats(y_adu)

    def phi_shift(self, counts: AduCounts) -> PhiShift:
        """See `ShiftedPhi`."""
        return self._table.phi_shift(counts)

    def phi_bias_nats(self, low_adu: float, high_adu: float, discrete: bool) -> float:
        """See `NoiseModel`."""
        del discrete
        return self._table.bias_nats(low_adu, high_adu)

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """See `NoiseModel`: the photon-transfer line, with 1/12 for rounding."""
        del discrete
        g = self.gain_e_per_adu
        shot = max(mean_adu - self.offset_adu, 0.0) / g
        return shot + (self.read_noise_e / g) ** 2 + 1 / 12

    def comb(self, adu: Floats) -> Floats | None:
        """How single electrons show in codes (n,) of ADU, mean 1; None where they do not."""
        return electron_comb(adu, self.gain_e_per_adu, self.offset_adu, self.read_noise_e)

    @property
    def stabiliser(self) -> Stabiliser:
        """The generalised Anscombe transform."""
        g = self.gain_e_per_adu
        return Stabiliser(self.offset_adu, 1 / g, (self.read_noise_e / g) ** 2 + 1 / 12)

    def stabilised(self, y_adu: NDArray[Any], discrete: bool, repeats: int = 1) -> Floats:
        """See `NoiseModel`."""
        del discrete
        return self.stabiliser.forward(y_adu, repeats)

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """See `NoiseModel`; ``lambda_`` in electrons."""
        g = self.gain_e_per_adu
        read = rng.normal(0.0, self.read_noise_e / g, np.shape(lambda_))
        adu = np.rint(rng.poisson(lambda_) / g + self.offset_adu + read)
        return np.clip(adu, 0, self.highest_adu).astype(
            np.uint16 if self.bit_depth <= 16 else np.uint32
        )
