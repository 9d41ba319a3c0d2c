"""X-ray counts with electronic noise: a photon adds so many ADU, the amplifier a Gaussian."""

from __future__ import annotations

from hil.noise.camera import CameraNoise
from hil.noise.model import finite_number


class XrayNoise(CameraNoise):
    """Y = clip(round(K a + offset + N(0, electronic_noise^2)), 0, 2^bit_depth - 1), K Poisson.

    The same distribution as a camera's, whose electrons here are photons. That photons differ in
    what they add (Swank, J. Appl. Phys. 1973) is left out: repeats show it as `noise_mismatch`.

    Parameters
    ----------
    adu_per_photon
        a, more than 0.
    offset_adu
        What a dark pixel reads on average.
    electronic_noise_adu
        Standard deviation without photons, at least 0.
    bit_depth
        1 to 32.

    Raises
    ------
    InputError
        For impossible values.
    """

    def __init__(
        self,
        adu_per_photon: float,
        offset_adu: float,
        electronic_noise_adu: float,
        bit_depth: int = 16,
    ) -> None:
        self.adu_per_photon = finite_number(
            "adu_per_photon", adu_per_photon, 0, inclusive=False, allowed="a number above 0, in ADU"
        )
        self.electronic_noise_adu = finite_number(
            "electronic_noise_adu",
            electronic_noise_adu,
            0,
            inclusive=True,
            allowed="a number from 0, in ADU",
        )
        super().__init__(
            1 / self.adu_per_photon,
            offset_adu,
            self.electronic_noise_adu / self.adu_per_photon,
            bit_depth,
        )

    def __repr__(self) -> str:
        return (
            f"XrayNoise(adu_per_photon={self.adu_per_photon:g}, offset_adu={self.offset_adu:g}, "
            f"electronic_noise_adu={self.electronic_noise_adu:g}, bit_depth={self.bit_depth})"
        )
