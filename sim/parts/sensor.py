"""An sCMOS sensor: from expected photons to integer ADU.

lambda : expected electrons of a pixel in one exposure, QE * photons + dark current * time
K      : electrons that were collected, min(Poisson(lambda), full well)
g, o   : gain (electrons per ADU) and offset (ADU)
s      : read noise, electrons rms
Y      : clip(rint(K / g + o + N(0, (s / g)^2)), 0, 2^bits - 1)

This is the model of EMVA 1288 (release 4, linear), and of hil's ``CameraNoise``, as long as the
analog-digital converter clips before the full well does. Each pixel has its own converter, so gain,
offset and read noise may differ between pixels; the maps are drawn once and belong to the sensor.

Binning is digital: b x b pixels are read, their offsets taken off, summed, and one offset put back,
then clipped to the bit depth. Gain, offset and saturation therefore mean the same at every binning;
read noise grows to b s, and each extra rounding adds 1/12 ADU^2 (`Sensor.noise_model`).

What real cameras do besides, and ``CameraNoise`` does not know, can be switched on, for tests of
what notices it: an EM register (K electrons become Gamma(K) times its gain; Basden et al. 2003),
noise that a row shares, a second converter for bright pixels, and smoothing after the conversion.
`Sensor.noise_model` says nothing of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, sqrt

import numpy as np
from numpy.typing import NDArray

ROUNDING_VARIANCE_ADU2 = 1 / 12


@dataclass(frozen=True, slots=True)
class SensorSpec:
    """What a sensor's data sheet says. Spreads of 0 and a fraction of 0 mean identical pixels.

    Parameters
    ----------
    quantum_efficiency
        Electrons per photon.
    gain_e_per_adu, offset_adu, read_noise_e, bit_depth
        The converter.
    dark_current_e_per_s
        Electrons a second in the dark.
    full_well_e
        Most electrons that a pixel holds.
    offset_sd_adu
        Standard deviation of the offset over pixels.
    gain_sd
        Relative standard deviation of the gain over pixels.
    read_noise_spread
        Standard deviation of ln(read noise) over pixels; the median stays `read_noise_e`.
    hot_fraction
        Share of pixels that are hot.
    hot_current_e_per_s
        Mean extra dark current of a hot pixel; exponentially distributed.
    em_gain
        Of an electron-multiplying register before the converter; 1 for none. Read noise and the
        converter's gain are then in electrons after it.
    row_noise_e
        Noise that all pixels of a row share, another one in each frame, electrons rms.
    low_gain_from_e
        Pixels that collected more electrons are read by a second converter; None for one.
    low_gain_read_noise_e
        Read noise of the second converter, electrons rms.
    smoothing
        Whether the camera averages 2 x 2 pixels before it sends them.
    """

    quantum_efficiency: float = 0.8
    gain_e_per_adu: float = 0.5
    offset_adu: float = 100.0
    read_noise_e: float = 1.6
    bit_depth: int = 16
    dark_current_e_per_s: float = 0.1
    full_well_e: float = 33_000.0
    offset_sd_adu: float = 0.0
    gain_sd: float = 0.0
    read_noise_spread: float = 0.0
    hot_fraction: float = 0.0
    hot_current_e_per_s: float = 500.0
    em_gain: float = 1.0
    row_noise_e: float = 0.0
    low_gain_from_e: float | None = None
    low_gain_read_noise_e: float = 25.0
    smoothing: bool = False


@dataclass(frozen=True, slots=True)
class SensorNoise:
    """The numbers that ``CameraNoise`` takes, as they hold at one binning."""

    gain_e_per_adu: float
    offset_adu: float
    read_noise_e: float
    bit_depth: int


@dataclass(frozen=True, slots=True)
class SensorMaps:
    """What differs between pixels: (height, width) maps, or 0-d arrays where all are alike."""

    gain_e_per_adu: NDArray[np.float64]
    offset_adu: NDArray[np.float64]
    read_noise_e: NDArray[np.float64]
    dark_current_e_per_s: NDArray[np.float64]


class Sensor:
    """A sensor with its pixels' own quirks.

    Parameters
    ----------
    spec
        The data sheet.
    shape
        (height, width) in pixels, before binning.
    rng
        Draws the maps, once.

    Attributes
    ----------
    spec, shape
        As given.
    maps
        The pixels' quirks.
    """

    def __init__(self, spec: SensorSpec, shape: tuple[int, int], rng: np.random.Generator) -> None:
        self.spec = spec
        self.shape = shape
        self.maps = _draw_maps(spec, shape, rng)
        self._max_adu = (1 << spec.bit_depth) - 1

    def expected_electrons(
        self, photons: NDArray[np.float32], exposure_ms: float
    ) -> NDArray[np.float32]:
        """Electrons that the pixels collect on average, full well left aside.

        Parameters
        ----------
        photons
            (height, width) expected photons on each pixel during the exposure.
        exposure_ms
            Time over which dark current adds up.

        Returns
        -------
        ndarray
            (height, width), electrons, at least 0.
        """
        dark = (self.maps.dark_current_e_per_s * exposure_ms / 1e3).astype(np.float32)
        return np.maximum(photons, 0) * np.float32(self.spec.quantum_efficiency) + dark

    def read_out(
        self, electrons: NDArray[np.float32], binning: int, rng: np.random.Generator
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take one frame.

        Parameters
        ----------
        electrons
            (height, width) expected electrons.
        binning
            Pixels that are summed along each axis; rows and columns left over are dropped.
        rng
            Draws shot and read noise.

        Returns
        -------
        ndarray
            (height // binning, width // binning), ADU; uint8 up to 8 bits, else uint16.
        """
        spec, maps = self.spec, self.maps
        # Far beyond the full well every draw is clipped, and the generator refuses 1e19.
        collected = rng.poisson(np.minimum(electrons, 4 * spec.full_well_e + 100))
        signal = np.minimum(collected, spec.full_well_e).astype(np.float32)
        read_noise_e = maps.read_noise_e.astype(np.float32)
        if spec.low_gain_from_e is not None:
            bright = signal > spec.low_gain_from_e
            read_noise_e = np.where(bright, np.float32(spec.low_gain_read_noise_e), read_noise_e)
        if spec.em_gain > 1:
            signal = rng.standard_gamma(signal, dtype=np.float32) * np.float32(spec.em_gain)
        signal += rng.standard_normal(signal.shape, np.float32) * read_noise_e
        if spec.row_noise_e:
            rows = rng.standard_normal((len(signal), 1), np.float32)
            signal += rows * np.float32(spec.row_noise_e)
        signal /= maps.gain_e_per_adu.astype("f4")
        signal += maps.offset_adu.astype("f4")
        adu = np.clip(np.rint(signal, out=signal), 0, self._max_adu, out=signal)
        if spec.smoothing:
            adu = np.rint(_mean_of_four(adu))
        if binning > 1:
            base = np.float32(round(spec.offset_adu))
            height, width = (size // binning * binning for size in adu.shape)
            blocks = (adu[:height, :width] - base).reshape(
                height // binning, binning, width // binning, binning
            )
            adu = np.clip(blocks.sum(axis=(1, 3)) + base, 0, self._max_adu)
        return adu.astype(np.uint8) if spec.bit_depth <= 8 else adu.astype(np.uint16)

    def noise_model(self, binning: int) -> SensorNoise:
        """Noise of the typical pixel at this binning, for ``CameraNoise``.

        Summing b^2 rounded values adds (b^2 - 1) / 12 ADU^2 to the one rounding that
        ``CameraNoise`` counts itself; it is added to the read noise.
        """
        spec = self.spec
        extra_adu2 = (binning**2 - 1) * ROUNDING_VARIANCE_ADU2
        read_noise_e = sqrt(
            (binning * spec.read_noise_e) ** 2 + extra_adu2 * spec.gain_e_per_adu**2
        )
        return SensorNoise(spec.gain_e_per_adu, spec.offset_adu, read_noise_e, spec.bit_depth)

    @property
    def saturation_adu(self) -> int:
        """ADU from which on a value may be clipped, at any binning.

        The end of the converter's range, or, where the full well comes first, three read noises
        below it, since read noise is added to electrons that are already clipped.
        """
        spec = self.spec
        well_adu = (spec.full_well_e - 3 * spec.read_noise_e) / spec.gain_e_per_adu
        return min(self._max_adu, floor(well_adu + spec.offset_adu))


def _mean_of_four(adu: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average each pixel with those right of it and below; the last ones with themselves."""
    more = np.pad(adu, ((0, 1), (0, 1)), mode="edge")
    return (more[:-1, :-1] + more[1:, :-1] + more[:-1, 1:] + more[1:, 1:]) / np.float32(4)


def _draw_maps(spec: SensorSpec, shape: tuple[int, int], rng: np.random.Generator) -> SensorMaps:
    gain_rng, offset_rng, read_rng, hot_rng = rng.spawn(4)  # one map does not change another
    gain = np.asarray(spec.gain_e_per_adu)
    offset = np.asarray(spec.offset_adu)
    read_noise = np.asarray(spec.read_noise_e)
    dark = np.asarray(spec.dark_current_e_per_s)
    if spec.gain_sd:
        # Whatever spread is asked for, a gain stays positive.
        gain = gain * np.clip(1 + spec.gain_sd * gain_rng.standard_normal(shape), 0.1, None)
    if spec.offset_sd_adu:
        offset = offset + spec.offset_sd_adu * offset_rng.standard_normal(shape)
    if spec.read_noise_spread:
        read_noise = read_noise * read_rng.lognormal(0.0, spec.read_noise_spread, shape)
    if spec.hot_fraction:
        hot = hot_rng.random(shape) < spec.hot_fraction
        dark = dark + spec.hot_current_e_per_s * hot * hot_rng.exponential(1.0, shape)
    return SensorMaps(gain, offset, read_noise, dark)
