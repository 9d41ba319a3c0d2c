"""What the ``[[driver]]`` table may say of the stand, whatever lights the sample."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from hashlib import sha256
from math import floor
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from sim.microscope.stand.mirror import MODES
from sim.numerics.pupil import ObjectiveLens
from sim.parts.sensor_options import SensorOptions

LARGEST_SCENE_SAMPLES = 8192  # 256 MB an array

Range = tuple[float, float]
Coefficient = Annotated[float, Field(ge=-300, le=300)]


@dataclass(frozen=True, slots=True)
class SceneSampling:
    """What a light path asks of the scene.

    Parameters
    ----------
    scenes
        Names that `scene` may be.
    objective
        The objective by itself, at the shortest wavelength that it must sample.
    samples_per_pixel
        Scene samples along each side of a pixel.
    """

    scenes: tuple[str, ...]
    objective: ObjectiveLens
    samples_per_pixel: int


class StandOptions(SensorOptions):
    """Scene, objective, hidden aberration and sensor; a light path adds its own.

    `scene` is a name, or the path of a ``.npy`` file whose samples then lie `pitch_um` apart: a
    camera pixel, or a fraction of it where a pixel is too coarse for the optics. The aberration is
    drawn with `aberration_rms_nm`, or stated mode by mode, Z4 to Z11. `sample_index` and
    `depth_um` say what lies between focus and cover glass; `lamp_flicker` is the relative standard
    deviation of the light from frame to frame.
    """

    contrast: Literal["fluorescence", "phase"] = "fluorescence"
    aberration_rms_nm: Annotated[float, Field(ge=0, le=300)] = 100.0
    aberration_nm: tuple[Coefficient, ...] | None = None

    scene: str = "mixed"
    scene_um: Annotated[float, Field(ge=20, le=1000)] = 220.0
    photons_per_uj: Annotated[float, Field(gt=0, le=1e5)] = 3.0
    lamp_flicker: Annotated[float, Field(ge=0, le=0.2)] = 0.0

    numerical_aperture: Annotated[float, Field(ge=0.05, le=1.5)] = 1.2
    refractive_index: Annotated[float, Field(ge=1, le=1.6)] = 1.333
    sample_index: Annotated[float, Field(ge=1, le=1.7)] | None = None
    depth_um: Annotated[float, Field(ge=0, le=500)] = 0.0
    magnification: Annotated[float, Field(ge=1, le=200)] = 63.0
    camera_pixel_um: Annotated[float, Field(ge=1, le=30)] = 6.5
    height_px: Annotated[int, Field(ge=16, le=4096)] = 256
    width_px: Annotated[int, Field(ge=16, le=4096)] = 256
    device: str = "cpu"

    @field_validator("aberration_nm", mode="before")
    @classmethod
    def _as_toml_has_it(cls, stated: object) -> object:
        return tuple(stated) if isinstance(stated, list) else stated

    @field_validator("aberration_nm")
    @classmethod
    def _one_each(cls, stated: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if stated is not None and len(stated) != len(MODES):
            raise ValueError(
                f"{len(stated)} numbers, allowed: {len(MODES)}, nm rms of Z{MODES[0]} to"
                f" Z{MODES[-1]}"
            )
        return stated

    @model_validator(mode="after")
    def _stated_once(self) -> Self:
        if self.aberration_nm is not None and "aberration_rms_nm" in self.model_fields_set:
            raise ValueError("give either aberration_nm or aberration_rms_nm")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.numerical_aperture >= self.refractive_index:
            raise ValueError("numerical_aperture must be below refractive_index")
        if self.sample_index is not None and self.numerical_aperture >= self.sample_index:
            raise ValueError("numerical_aperture must be below sample_index")
        if self.scene in self.scenes:
            field_um = max(self.height_px, self.width_px) * self.pixel_um
            if self.scene_um < field_um:
                raise ValueError(f"scene_um must be at least the camera's field, {field_um:g} um")
            if self.scene_um / self.pitch_um > LARGEST_SCENE_SAMPLES:
                raise ValueError(
                    f"scene_um may be at most {LARGEST_SCENE_SAMPLES * self.pitch_um:.0f}"
                    " with this objective and camera"
                )
        return self

    @abstractmethod
    def sampling(self) -> SceneSampling:
        """Say what the light path asks of the scene."""

    def objective_at(self, wavelength_nm: float) -> ObjectiveLens:
        """Give the objective by itself, in light of this wavelength."""
        return ObjectiveLens(
            self.numerical_aperture,
            wavelength_nm,
            self.refractive_index,
            self.sample_index,
            self.depth_um,
        )

    @property
    def scenes(self) -> tuple[str, ...]:
        """Names that `scene` may be."""
        return self.sampling().scenes

    @property
    def objective(self) -> ObjectiveLens:
        """The objective by itself, at the shortest wavelength that it must sample."""
        return self.sampling().objective

    @property
    def samples_per_pixel(self) -> int:
        """Scene samples along each side of a pixel."""
        return self.sampling().samples_per_pixel

    @property
    def pixel_um(self) -> float:
        """Side of a camera pixel in the sample."""
        return self.camera_pixel_um / self.magnification

    @property
    def pitch_um(self) -> float:
        """Distance of the scene's samples."""
        return self.pixel_um / self.samples_per_pixel

    @property
    def scene_samples(self) -> int:
        """Side of a scene that has a name."""
        return floor(self.scene_um / self.pitch_um)

    @property
    def serial(self) -> str:
        """A number for the sensor: other pixel maps or another data sheet give another."""
        sensor = repr((self.seed, self.height_px, self.width_px, self.sensor))
        return f"sim-{sha256(sensor.encode()).hexdigest()[:8]}"

    def scene_range_um(self, shape: tuple[int, ...]) -> tuple[Range, Range]:
        """How far the field's centre may go in y and x without leaving the scene, um.

        Raises
        ------
        ValueError
            If the scene is smaller than the field.
        """
        reach = [
            (samples * self.pitch_um - pixels * self.pixel_um) / 2
            for samples, pixels in zip(shape, (self.height_px, self.width_px), strict=True)
        ]
        if min(reach) < -1e-9:
            raise ValueError(f"the scene of {shape} samples is smaller than the camera's field")
        y_um, x_um = (max(0.0, floor(half * 1000) / 1000) for half in reach)
        return (-y_um, y_um), (-x_um, x_um)
