"""The data sheet as a rig file states it."""

from __future__ import annotations

import pydantic
import pytest

from sim.parts.sensor import SensorSpec
from sim.parts.sensor_options import ConverterOptions, SensorOptions


def test_what_is_not_said_is_as_on_the_data_sheet() -> None:
    assert SensorOptions().sensor == SensorSpec()


def test_everything_on_the_data_sheet_can_be_said() -> None:
    said = {"quantum_efficiency": 0.9, "bit_depth": 12, "low_gain_from_e": 500.0, "smoothing": True}
    assert SensorOptions(**said).sensor == SensorSpec(**said)
    assert set(SensorSpec.__slots__) <= SensorOptions.model_fields.keys()


@pytest.mark.parametrize(("bit_depth", "highest"), [(8, 254), (12, 4094)])
def test_the_converter_must_hold_its_offset(bit_depth: int, highest: int) -> None:
    assert ConverterOptions(bit_depth=bit_depth, offset_adu=highest - 0.5).offset_adu < highest
    with pytest.raises(pydantic.ValidationError, match="below the largest value of bit_depth"):
        ConverterOptions(bit_depth=bit_depth, offset_adu=highest + 1.0)
