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


_SHEET = SensorSpec()


class ConverterOptions(RigOptions):
    """Options of a rig whose signal an analog-digital converter reads."""

    offset_adu: OffsetAdu = _SHEET.offset_adu
    bit_depth: BitDepth = _SHEET.bit_depth

    @model_validator(mode="after")
    def _converter_holds_its_offset(self) -> Self:
        if self.offset_adu >= 2**self.bit_depth - 1:
            raise ValueError("offset_adu must be below the largest value of bit_depth")
        return self


class SensorOptions(ConverterOptions):
    """Options of a rig with a camera; meanings, and what is not said, are those of `SensorSpec`."""

    quantum_efficiency: Efficiency = _SHEET.quantum_efficiency
    gain_e_per_adu: GainEPerAdu = _SHEET.gain_e_per_adu
    read_noise_e: ReadNoiseE = _SHEET.read_noise_e
    dark_current_e_per_s: DarkCurrentEPerS = _SHEET.dark_current_e_per_s
    full_well_e: FullWellE = _SHEET.full_well_e
    offset_sd_adu: Annotated[float, Field(ge=0, le=1000)] = _SHEET.offset_sd_adu
    gain_sd: Annotated[float, Field(ge=0, le=0.3)] = _SHEET.gain_sd
    read_noise_spread: Annotated[float, Field(ge=0, le=2)] = _SHEET.read_noise_spread
    hot_fraction: Annotated[float, Field(ge=0, le=1)] = _SHEET.hot_fraction
    hot_current_e_per_s: Annotated[float, Field(ge=0, le=1e6)] = _SHEET.hot_current_e_per_s
    em_gain: Annotated[float, Field(ge=1, le=10_000)] = _SHEET.em_gain
    row_noise_e: Annotated[float, Field(ge=0, le=1000)] = _SHEET.row_noise_e
    low_gain_from_e: Annotated[float | None, Field(gt=0, le=1e7)] = _SHEET.low_gain_from_e
    low_gain_read_noise_e: Annotated[float, Field(ge=0, le=1000)] = _SHEET.low_gain_read_noise_e
    smoothing: bool = _SHEET.smoothing

    @property
    def sensor(self) -> SensorSpec:
        """The camera's data sheet."""
        return SensorSpec(**{name: getattr(self, name) for name in SensorSpec.__slots__})
