"""What the ``[[driver]]`` table of a simulated imaging spectrometer may say.

Defaults, and why: a line sensor of 8 um pixels with 12 bits behind f/4, as in compact push-broom
cameras, that sees 50 um of the sample in a pixel; a prism or grating that spreads the spectrum by
0.25 nm for each um of slit. Under 20 mW/cm^2 of tungsten light, a bright desk lamp at 20 cm, grey
brings a few thousand electrons to a band of 40 nm in a millisecond.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from sim.hyperspectral.scenes import SCENES
from sim.parts.scene_files import scene_name
from sim.parts.sensor import SensorSpec
from sim.parts.sensor_options import (
    BitDepth,
    DarkCurrentEPerS,
    Efficiency,
    FullWellE,
    GainEPerAdu,
    OffsetAdu,
    ReadNoiseE,
    SensorOptions,
)


class HyperspectralOptions(SensorOptions):
    """Spectrometer, lamp and sensor.

    `scene` is a name of `sim.hyperspectral.scenes.SCENES` or the path of a ``.npz`` file beside
    ``rig.toml``; `bands` is how many the filter goes through for each line. `lamp` and `spectra`
    are paths of ``.csv`` files (`sim.hyperspectral.spectra.load_curves`): light in the lamp's
    stead, and reflectances in the stead of the scene's own, one a material.
    """

    scene: Annotated[str, scene_name(SCENES, ".npz")] = "leaves"
    bands: Annotated[int, Field(ge=1, le=8)] = 4
    filter: Literal["gaussian", "lyot"] = "gaussian"
    spectra: str = ""
    lamp: str = ""
    lamp_k: Annotated[float, Field(ge=1500, le=12_000)] = 2856.0
    lit_cm2: Annotated[float, Field(ge=0.01, le=1000)] = 1.0
    f_number: Annotated[float, Field(ge=1, le=32)] = 4.0
    transmission: Annotated[float, Field(gt=0, le=1)] = 0.4
    dispersion_nm_per_um: Annotated[float, Field(ge=0, le=0.5)] = 0.25
    sample_pixel_um: Annotated[float, Field(ge=1, le=1000)] = 50.0
    side_px: Annotated[int, Field(ge=32, le=1024)] = 96
    pixel_um: Annotated[float, Field(ge=4, le=30)] = 8.0
    device: str = "cpu"

    quantum_efficiency: Efficiency = 0.7
    gain_e_per_adu: GainEPerAdu = 5.0
    offset_adu: OffsetAdu = 40.0
    read_noise_e: ReadNoiseE = 8.0
    bit_depth: BitDepth = 12
    dark_current_e_per_s: DarkCurrentEPerS = 50.0
    full_well_e: FullWellE = 25_000.0

    @field_validator("lamp", "spectra")
    @classmethod
    def _a_table(cls, file: str) -> str:
        if file and not file.endswith(".csv"):
            raise ValueError("the path of a .csv file")
        return file

    @model_validator(mode="after")
    def _spectra_of_materials(self) -> Self:
        if self.spectra and self.scene not in SCENES:
            raise ValueError("spectra are those of a named scene; a cube has its own")
        return self

    @property
    def line_sensor(self) -> SensorSpec:
        """The sensor's data sheet.

        Its quantum efficiency is 1: the light path counts electrons, whose number per photon
        depends on the wavelength.
        """
        return replace(self.sensor, quantum_efficiency=1.0)
