"""The kinds of noise model, each with its keys: what ``[noise]`` and ``--noise`` may say.

One class a kind; `hil.noise.from_spec` says which model each describes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from hil.spec.base import Number, Settings, Spec, Whole

BitDepth: TypeAlias = Annotated[Whole, Field(ge=1, le=32)]
# No camera is outside of these; far beyond them squares and tables of a noise model overflow.
_LEAST_GAIN = 1e-6
_Offset: TypeAlias = Annotated[Number, Field(ge=0, le=2**32)]
_Noise: TypeAlias = Annotated[Number, Field(ge=0, le=1e9)]


def _no_camera_has_less(gain: float) -> float:
    if gain < _LEAST_GAIN:
        raise ValueError(f"no camera has so little, allowed: {_LEAST_GAIN:g} or more")
    return gain


_Gain: TypeAlias = Annotated[Number, Field(gt=0, le=1e6), AfterValidator(_no_camera_has_less)]


class GaussianNoiseSpec(Spec):
    """Constant noise of one standard deviation everywhere, or one for each pixel.

    Parameters
    ----------
    sigma_adu
        Standard deviation, ADU.
    sigma_file
        File of standard deviations, (height, width) ADU: .npy, .tif, ... In a rig file relative to
        it.
    """

    kind: Literal["gaussian"]
    sigma_adu: Number | None = Field(default=None, gt=0, le=1e9)
    sigma_file: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.sigma_adu is None) == (self.sigma_file is None):
            raise ValueError("give either sigma_adu, a number, or sigma_file, a file")
        return self


class PoissonNoiseSpec(Spec):
    """Pixels that count: one ADU is one count, no read noise."""

    kind: Literal["poisson"]


class CameraNoiseSpec(Spec):
    """A scientific camera, as in EMVA 1288: shot noise, Gaussian read noise, rounding, clipping.

    Parameters
    ----------
    saturation_adu
        Where it clips, if that is below the top code: a full well, or fewer bits than are stored.
    """

    kind: Literal["camera"]
    gain_e_per_adu: _Gain
    offset_adu: _Offset
    read_noise_e: _Noise
    bit_depth: BitDepth = 16
    saturation_adu: Number | None = Field(default=None, gt=0)


class DualGainNoiseSpec(Spec):
    """A camera that merges two gains into one image: one up to ``join_adu``, one above.

    Parameters
    ----------
    offset_above_adu
        Where the second gain's line starts; left out where the mean does not jump at the join.
    saturation_adu
        As for a camera.
    """

    kind: Literal["dual_gain"]
    gain_e_per_adu: _Gain
    offset_adu: _Offset
    read_noise_e: _Noise
    join_adu: Number = Field(gt=0)
    gain_above_e_per_adu: _Gain
    read_noise_above_e: _Noise
    offset_above_adu: Number | None = None
    bit_depth: BitDepth = 16
    saturation_adu: Number | None = Field(default=None, gt=0)


class EmccdNoiseSpec(Spec):
    """An electron-multiplying CCD: gain and read noise in electrons behind the register."""

    kind: Literal["emccd"]
    gain_e_per_adu: _Gain
    offset_adu: _Offset
    read_noise_e: Number = Field(gt=0, le=1e9)
    em_gain: Number = Field(ge=2, le=1e6)
    bit_depth: BitDepth = 16
    clock_induced_e: Number = Field(default=0.0, ge=0, le=1e6)


class XrayNoiseSpec(Spec):
    """X-ray photons that add a fixed number of ADU each, and electronic noise."""

    kind: Literal["xray"]
    adu_per_photon: _Gain
    offset_adu: _Offset
    electronic_noise_adu: _Noise
    bit_depth: BitDepth = 16


class NoiseAt(Spec):
    """Where the camera is set otherwise, what of ``[noise]`` is then different.

    Parameters
    ----------
    when
        Settings that must all read so; of an image of a sequence those that it is taken at.
    channels
        Channels of sequences, by the names of their presets: of their images alone.
    calibration, maps
        Instead of numbers, for channels: id of a calibration, and as under ``[noise]``.
    """

    model_config = ConfigDict(extra="allow")

    when: Settings = Field(default_factory=dict)
    channels: tuple[str, ...] = ()
    calibration: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{4,32}$")] | None = None
    maps: bool | None = None

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if not self.when and not self.channels:
            raise ValueError("when: missing, allowed: settings, or channels")
        if self.maps is not None and self.calibration is None:
            raise ValueError("maps: goes with calibration")
        if self.calibration is not None and (self.when or self.changes or not self.channels):
            raise ValueError("calibration: goes with channels alone")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """Keys of ``[noise]`` with the values that they have then."""
        return dict(self.model_extra or {})


NoiseSpec: TypeAlias = Annotated[
    GaussianNoiseSpec
    | PoissonNoiseSpec
    | CameraNoiseSpec
    | DualGainNoiseSpec
    | EmccdNoiseSpec
    | XrayNoiseSpec,
    Field(discriminator="kind"),
]
