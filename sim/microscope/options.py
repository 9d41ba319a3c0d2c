"""What the ``[[driver]]`` table of ``sim.microscope`` may say, in fluorescence and label-free."""

from __future__ import annotations

from hashlib import sha256
from math import floor
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sim.microscope.fluorescence.scenes import SCENES, load_scene
from sim.microscope.led_array.scenes import PHASE_SCENES, load_opd
from sim.microscope.led_array.settings import SHORTEST_NM
from sim.numerics.pupil import ObjectiveLens
from sim.parts import scene_files
from sim.parts.scene_files import known_scene
from sim.parts.sensor_options import SensorOptions

LARGEST_SCENE_SAMPLES = 8192  # 256 MB an array
FLUORESCENCE_ALONE = ("wavelength_nm", "background", "bleaching", "bleaching_dose_uj")
PHASE_ALONE = ("led_na", "led_points", "absorption")

Range = tuple[float, float]


class MicroscopeOptions(SensorOptions):
    """What the ``[[driver]]`` table of a simulated microscope may say.

    Every draw, of scene, hidden aberration, pixel maps and noise, comes from `seed`: the same
    options and the same calls give the same frames. `scene` is a name of
    `sim.microscope.fluorescence.scenes.SCENES`, or of
    `sim.microscope.led_array.scenes.PHASE_SCENES` where `contrast` is ``"phase"``, or the path of
    a ``.npy`` file, whose samples then lie `pitch_um` apart: a camera pixel, or a fraction of it
    where a pixel is too coarse for the optics. `sample_index` and `depth_um` say what lies between
    focus and cover glass; `lamp_flicker` is the relative standard deviation of the light from
    frame to frame; `led_na`, `led_points` and `absorption` are those of
    `sim.microscope.led_array`. The rest is as in `Sample`, `ObjectiveLens` and `SensorSpec`.
    """

    contrast: Literal["fluorescence", "phase"] = "fluorescence"
    aberration_rms_nm: Annotated[float, Field(ge=0, le=300)] = 100.0

    scene: str = "mixed"
    scene_um: Annotated[float, Field(ge=20, le=1000)] = 220.0
    photons_per_uj: Annotated[float, Field(gt=0, le=1e5)] = 3.0
    background: Annotated[float, Field(ge=0, le=1e3)] = 1.0
    bleaching: bool = False
    bleaching_dose_uj: Annotated[float, Field(gt=0)] = 2000.0
    lamp_flicker: Annotated[float, Field(ge=0, le=0.2)] = 0.0

    numerical_aperture: Annotated[float, Field(ge=0.05, le=1.5)] = 1.2
    refractive_index: Annotated[float, Field(ge=1, le=1.6)] = 1.333
    sample_index: Annotated[float, Field(ge=1, le=1.7)] | None = None
    depth_um: Annotated[float, Field(ge=0, le=500)] = 0.0
    wavelength_nm: Annotated[float, Field(ge=350, le=1000)] = 510.0
    magnification: Annotated[float, Field(ge=1, le=200)] = 63.0
    camera_pixel_um: Annotated[float, Field(ge=1, le=30)] = 6.5
    height_px: Annotated[int, Field(ge=16, le=4096)] = 256
    width_px: Annotated[int, Field(ge=16, le=4096)] = 256

    led_na: Annotated[float, Field(ge=0.05, le=0.95)] = 0.9
    led_points: Annotated[int, Field(ge=2, le=1024)] = 64
    absorption: Annotated[float, Field(ge=0, le=1)] = 0.0
    device: str = "cpu"

    @field_validator("scene")
    @classmethod
    def _known_scene(cls, scene: str, others: ValidationInfo) -> str:
        return known_scene(scene, scene_names(others.data.get("contrast", "fluorescence")))

    @field_validator("led_points")
    @classmethod
    def _in_pairs(cls, points: int) -> int:
        if points % 2:
            raise ValueError("an even number: points come in opposite pairs")
        return points

    @model_validator(mode="after")
    def _of_this_contrast(self) -> Self:
        phase = self.contrast == "phase"
        for name in FLUORESCENCE_ALONE if phase else PHASE_ALONE:
            if name in self.model_fields_set:
                wanted = "fluorescence" if phase else "phase"
                raise ValueError(f'{name} belongs to contrast = "{wanted}"')
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

    @property
    def scenes(self) -> tuple[str, ...]:
        """Names that `scene` may be."""
        return scene_names(self.contrast)

    @property
    def pixel_um(self) -> float:
        """Side of a camera pixel in the sample."""
        return self.camera_pixel_um / self.magnification

    @property
    def objective(self) -> ObjectiveLens:
        """The objective by itself, at the shortest wavelength that it must sample."""
        wavelength_nm = SHORTEST_NM if self.contrast == "phase" else self.wavelength_nm
        return ObjectiveLens(
            self.numerical_aperture,
            wavelength_nm,
            self.refractive_index,
            self.sample_index,
            self.depth_um,
        )

    @property
    def samples_per_pixel(self) -> int:
        """Scene samples along each side of a pixel.

        In phase contrast the scene is lit from up to `led_na`, and its details are moved by that
        much before the objective takes what it can.
        """
        if self.contrast == "fluorescence":
            return self.objective.oversampling(self.pixel_um)
        widest = (self.numerical_aperture + max(self.led_na, self.numerical_aperture)) / 2
        return ObjectiveLens(widest, SHORTEST_NM, self.refractive_index).oversampling(self.pixel_um)

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


def scene_names(contrast: str) -> tuple[str, ...]:
    """List the scenes that are made for one kind of contrast."""
    return tuple(PHASE_SCENES if contrast == "phase" else SCENES)


def find_scene(options: MicroscopeOptions, folder: Path) -> MicroscopeOptions:
    """Look for a scene file beside ``rig.toml``, and read it.

    Raises
    ------
    ConfigError
        For a scene file that cannot be used.
    """
    load = load_opd if options.contrast == "phase" else load_scene
    return scene_files.find_scene(
        options, options.scenes, folder, lambda path: options.scene_range_um(load(path).shape)
    )
