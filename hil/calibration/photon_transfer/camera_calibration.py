"""What photon transfer finds out about a camera, each number with its standard uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.calibration.photon_transfer.line.gain_pattern import GainPattern
from hil.calibration.photon_transfer.line.two_gains import GainAbove
from hil.calibration.photon_transfer.maps import PixelMaps
from hil.errors import InputError

Saturation = Literal["converter", "full well", "not reached"]
JSON_VERSION = 1

# What a fit that came to nothing leaves, where JSON has a null.
_UNKNOWN = {
    "gain_e_per_adu_sd": math.inf,
    "read_noise_e_sd": math.inf,
    "noise_variance_relative_sd": math.inf,
    "chi2_per_dof": math.nan,
}


@dataclass(frozen=True, eq=False)
class TransferPoints:
    """Points of the photon-transfer curve: pixels of one stack that are about equally bright.

    Parameters
    ----------
    signal_adu
        (k,) means above the dark, ADU.
    variance_adu2
        (k,) temporal variances, without the rounding's 1/12, ADU^2.
    variance_sd_adu2
        (k,) their standard uncertainties.
    n_pixels
        (k,) pixels that each stands for.
    stack
        (k,) number of the stack, in the order of the calls of `PhotonTransfer.add`.
    used
        (k,) whether the line was fitted to it; others are saturated, or too dark for the rounding
        to be corrected.
    """

    signal_adu: Floats
    variance_adu2: Floats
    variance_sd_adu2: Floats
    n_pixels: NDArray[np.int64]
    stack: NDArray[np.int64]
    used: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CameraCalibration:
    """A camera's noise model as it was measured (EMVA 1288 release 4 linear).

    ``NAME_sd`` is the standard uncertainty of ``NAME``, in its unit; 95 % intervals are +- 1.96 of
    it. A number that the frames say nothing about is None.

    Parameters
    ----------
    gain_e_per_adu
        Electrons per ADU, from the slope of temporal variance over mean.
    offset_adu
        Mean of a dark pixel at no exposure, ADU.
    read_noise_e
        Root mean square of the temporal noise in the dark, rounding taken out, electrons. Over
        usable pixels.
    dark_current_e_per_s
        Mean over usable pixels; None unless dark stacks have two exposures.
    saturation_adu
        From here on a value may be clipped, ADU; None where no pixel got there.
    saturation_by
        What clips.
    linearity_error
        Mean of the relative deviations from the line of signal over exposure, 0.01 for 1 % (EMVA
        1288 LE); None with fewer than three levels.
    noise_variance_relative_sd
        How far the noise model's variance may be wrong, relative: what
        ``hil.estimate_information`` takes under this name.
    bit_depth
        Of the frames.
    n_frames
        Frames that were looked at.
    chi2_per_dof, dof
        Goodness of the line's fit: about 1, and degrees of freedom.
    flicker_relative_sd
        Lamp flicker from frame to frame of a stack, relative rms; it was divided out.
    row_noise_e, column_noise_e
        Noise in the dark that a whole row or column shares, electrons rms; part of the read noise.
    neighbour_correlation
        Of the light's own noise in pixels next to each other, where it is most significant.
    cubic_ratio
        Third cumulant of the noise over that of Poisson's distribution with this gain: 1 for
        photons counted, 1.5 after an electron multiplier; None where the frames are too few to
        tell.
    notes
        What was seen and dealt with, in words.
    problems
        Why this calibration must not be trusted, in words; empty if it may be.
    points
        What the line was fitted to.
    maps
        What differs between pixels, or None.
    above
        The second gain, where bright pixels are read by another converter; then ``gain_e_per_adu``
        is that of dim ones.
    gain_pattern
        Gains by part of the sensor, where they differ; ``gain_e_per_adu`` is their mean.
    step_adu
        Distance of the codes that the camera gives, ADU: 16 for 12 bits that are stored in 16, or a
        digital gain. All numbers are in ADU as stored; a noise model of such frames has rounding a
        step wide.
    bend
        How far the brightest level lies off a line through dim light, relative: -0.01 for 1 % below
        it. None where the response is straight; the gain is that of dim light.
    """

    gain_e_per_adu: float
    gain_e_per_adu_sd: float
    offset_adu: float
    offset_adu_sd: float
    read_noise_e: float
    read_noise_e_sd: float
    dark_current_e_per_s: float | None
    dark_current_e_per_s_sd: float | None
    saturation_adu: float | None
    saturation_adu_sd: float | None
    saturation_by: Saturation
    linearity_error: float | None
    linearity_error_sd: float | None
    noise_variance_relative_sd: float
    bit_depth: int
    n_frames: int
    chi2_per_dof: float
    dof: int
    flicker_relative_sd: float
    row_noise_e: float
    column_noise_e: float
    neighbour_correlation: float
    cubic_ratio: float | None
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    points: TransferPoints
    maps: PixelMaps | None = None
    above: GainAbove | None = None
    gain_pattern: GainPattern | None = None
    bend: float | None = None
    step_adu: float = 1.0

    @property
    def read_noise_adu(self) -> float:
        """Read noise in ADU rms."""
        return self.read_noise_e / self.gain_e_per_adu

    def variance_adu2(self, signal_adu: Floats) -> Floats:
        """Temporal variance at a mean above the dark, both ADU, rounding included."""
        shot = np.maximum(signal_adu, 0.0) / self.gain_e_per_adu
        rounding = self.step_adu**2 / 12
        variance = np.asarray(shot + self.read_noise_adu**2 + rounding)
        if self.above is None:
            return variance
        g, as_read = self.above.gain_e_per_adu, np.asarray(signal_adu) + self.offset_adu
        bright = (
            (as_read - self.above.offset_adu) / g + (self.above.read_noise_e / g) ** 2 + rounding
        )
        return np.where(as_read > self.above.join_adu, bright, variance)

    def to_json(self) -> dict[str, Any]:
        """Give all but the maps as what JSON can hold; see `arrays` for those."""
        document: dict[str, Any] = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("maps", "points", "above", "gain_pattern")
        }
        for name in _UNKNOWN:
            if not math.isfinite(document[name]):
                document[name] = None
        document["json_version"] = JSON_VERSION
        document["notes"], document["problems"] = list(self.notes), list(self.problems)
        document["points"] = {
            field.name: getattr(self.points, field.name).tolist() for field in fields(self.points)
        }
        document["maps"] = None if self.maps is None else self.maps.to_json()
        for name in ("above", "gain_pattern"):
            part = getattr(self, name)
            document[name] = None if part is None else part.to_json()
        return document

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the maps by name, for `from_json`; empty without maps."""
        return {} if self.maps is None else self.maps.arrays()

    @classmethod
    def from_json(
        cls, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None
    ) -> Self:
        """Rebuild what `to_json` and `arrays` gave; without ``arrays``, without maps.

        Raises
        ------
        InputError
            Where the document is not of this version, or a number or a map is missing.
        """
        values = dict(document)
        version = values.pop("json_version", None)
        if version != JSON_VERSION:
            raise InputError(
                "calibration", "json_version", f"{version!r} is not known; allowed: {JSON_VERSION}"
            )
        maps = values.pop("maps", None)
        try:
            values["points"] = _points_from(values["points"])
            values["notes"], values["problems"] = (
                tuple(values["notes"]),
                tuple(values["problems"]),
            )
            if values.get("above") is not None:
                values["above"] = GainAbove.from_json(values["above"])
            if values.get("gain_pattern") is not None:
                values["gain_pattern"] = GainPattern.from_json(values["gain_pattern"])
            values |= {name: _UNKNOWN[name] for name in _UNKNOWN if values[name] is None}
            if maps is not None and arrays:
                values["maps"] = PixelMaps.from_json(maps, arrays)
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("calibration", "", f"is not a stored calibration: {error}") from None

    def __str__(self) -> str:
        above = self.above
        second = (
            []
            if above is None
            else [
                _line("gain above", above.gain_e_per_adu, above.gain_e_per_adu_sd, "e/ADU"),
                _line("  from", above.join_adu, above.join_adu_sd, "ADU"),
            ]
        )
        lines = [
            _line("gain", self.gain_e_per_adu, self.gain_e_per_adu_sd, "e/ADU"),
            *second,
            _line("offset", self.offset_adu, self.offset_adu_sd, "ADU"),
            _line("read noise", self.read_noise_e, self.read_noise_e_sd, "e rms"),
            _line("dark current", self.dark_current_e_per_s, self.dark_current_e_per_s_sd, "e/s"),
            _line("saturation", self.saturation_adu, self.saturation_adu_sd, "ADU"),
            _line("linearity error", self.linearity_error, self.linearity_error_sd, ""),
        ]
        return "\n".join(lines)


def _points_from(document: Mapping[str, Any]) -> TransferPoints:
    kinds = {"n_pixels": np.int64, "stack": np.int64, "used": np.bool_}
    return TransferPoints(
        **{
            field.name: np.asarray(document[field.name], dtype=kinds.get(field.name, np.float64))
            for field in fields(TransferPoints)
        }
    )


def _line(name: str, value: float | None, sd: float | None, unit: str) -> str:
    if value is None or sd is None:
        return f"{name:<16}not measured"
    if not sd > 0 or not math.isfinite(sd):
        return f"{name:<16}{value:g} {unit}".rstrip()
    digits = min(max(1 - math.floor(math.log10(sd)), 0), 9)
    return f"{name:<16}{value:.{digits}f} +- {sd:.{digits}f} {unit}".rstrip()
