"""What the ``[[driver]]`` table of a simulated satellite may say."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

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
from sim.satellite.scenes import SCENES

HIGH_GAIN = 8.0
"""How many times fewer electrons an ADU stands for at high gain."""
_HIGH_GAIN_READ_NOISE = 0.4  # of that at low gain: what follows the amplifier counts less


class SatelliteOptions(SensorOptions):
    """Telescope, orbit, sun and sensor.

    `scene` is ``landsat`` or the path of a ``.npy`` file beside ``rig.toml`` (see
    `sim.satellite.scenes`). Gain, offset and read noise are those of the low gain mode. The focus
    is really at `focus_scale` times what it says plus `focus_offset_um`, and the shutter open for
    `exposure_offset_ms` longer than it says.
    """

    scene: Annotated[str, scene_name(SCENES)] = "landsat"
    altitude_km: Annotated[float, Field(ge=200, le=1500)] = 500.0
    aperture_mm: Annotated[float, Field(ge=10, le=1000)] = 70.0
    obscuration: Annotated[float, Field(ge=0, le=0.8)] = 0.35
    focal_mm: Annotated[float, Field(ge=50, le=10_000)] = 275.0
    transmission: Annotated[float, Field(gt=0, le=1)] = 0.7
    jitter_urad: Annotated[float, Field(ge=0, le=100)] = 2.0
    focus_offset_um: Annotated[float, Field(ge=-200, le=200)] = 0.0
    focus_scale: Annotated[float, Field(ge=0.2, le=5)] = 1.0
    exposure_offset_ms: Annotated[float, Field(ge=-1, le=1)] = 0.0
    sun_zenith_deg: Annotated[float, Field(ge=0, le=80)] = 40.0
    haze: Annotated[float, Field(ge=0, le=2)] = 0.15
    side_px: Annotated[int, Field(ge=32, le=1024)] = 96
    pixel_um: Annotated[float, Field(ge=2, le=30)] = 5.5
    device: str = "cpu"

    quantum_efficiency: Efficiency = 0.7
    gain_e_per_adu: GainEPerAdu = 8.0
    offset_adu: OffsetAdu = 20.0
    read_noise_e: ReadNoiseE = 12.0
    bit_depth: BitDepth = 12
    dark_current_e_per_s: DarkCurrentEPerS = 50.0
    full_well_e: FullWellE = 40_000.0

    def sensor_at(self, gain: str) -> SensorSpec:
        """Give the data sheet of a gain mode, ``"low"`` or ``"high"``.

        Its quantum efficiency is 1 and its dark current 0: the light path counts electrons.
        """
        sheet = replace(self.sensor, quantum_efficiency=1.0, dark_current_e_per_s=0.0)
        if gain == "low":
            return sheet
        return replace(
            sheet,
            gain_e_per_adu=sheet.gain_e_per_adu / HIGH_GAIN,
            read_noise_e=sheet.read_noise_e * _HIGH_GAIN_READ_NOISE,
        )
