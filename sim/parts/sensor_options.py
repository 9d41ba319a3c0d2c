"""The sensor's data sheet, as the ``[[driver]]`` table of a simulated rig states it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sim.parts.rig import RigOptions
from sim.parts.sensor import SensorSpec

# What rigs with other defaults may say too
Efficiency = Annotated[float, Field(gt=0, le=1)]
GainEPerAdu = Annotated[float, Field(gt=0, le=1000)]
OffsetAdu = Annotated[float, Field(ge=0, le=10_000)]
ReadNoiseE = Annotated[float, Field(ge=0, le=1000)]
BitDepth = Annotated[int, Field(ge=8, le=16)]
DarkCurrentEPerS = Annotated[float, Field(ge=0, le=1e5)]
FullWellE = Annotated[float, Field(ge=100, le=1e7)]


class SensorOptions(RigOptions):
    """Options of a rig with a camera; the meanings are those of `SensorSpec`."""

    quantum_efficiency: Efficiency = 0.8
    gain_e_per_adu: GainEPerAdu = 0.5
    offset_adu: OffsetAdu = 100.0
    read_noise_e: ReadNoiseE = 1.6
    bit_depth: BitDepth = 16
    dark_current_e_per_s: DarkCurrentEPerS = 0.1
    full_well_e: FullWellE = 33_000.0
    offset_sd_adu: Annotated[float, Field(ge=0, le=1000)] = 0.0
    gain_sd: Annotated[float, Field(ge=0, le=0.3)] = 0.0
    read_noise_spread: Annotated[float, Field(ge=0, le=2)] = 0.0
    hot_fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    hot_current_e_per_s: Annotated[float, Field(ge=0, le=1e6)] = 500.0
    em_gain: Annotated[float, Field(ge=1, le=10_000)] = 1.0
    row_noise_e: Annotated[float, Field(ge=0, le=1000)] = 0.0
    low_gain_from_e: Annotated[float | None, Field(gt=0, le=1e7)] = None
    low_gain_read_noise_e: Annotated[float, Field(ge=0, le=1000)] = 25.0
    smoothing: bool = False

    @model_validator(mode="after")
    def _converter_holds_its_offset(self) -> Self:
        if self.offset_adu >= 2**self.bit_depth - 1:
            raise ValueError("offset_adu must be below the largest value of bit_depth")
        return self

    @property
    def sensor(self) -> SensorSpec:
        """The camera's data sheet."""
        return SensorSpec(**{name: getattr(self, name) for name in SensorSpec.__slots__})
