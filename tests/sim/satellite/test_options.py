"""Gain modes of the sensor."""

from __future__ import annotations

import pytest

from sim.satellite.options import HIGH_GAIN, SatelliteOptions


def test_high_gain_tells_fewer_electrons_apart_and_clips_sooner() -> None:
    options = SatelliteOptions()
    low, high = options.sensor_at("low"), options.sensor_at("high")
    assert low.gain_e_per_adu == options.gain_e_per_adu
    assert low.gain_e_per_adu / high.gain_e_per_adu == pytest.approx(HIGH_GAIN)
    assert high.read_noise_e < low.read_noise_e
    assert high.read_noise_e / high.gain_e_per_adu > low.read_noise_e / low.gain_e_per_adu
    assert (high.bit_depth, high.full_well_e) == (low.bit_depth, low.full_well_e)


@pytest.mark.parametrize("gain", ["low", "high"])
def test_the_light_path_counts_electrons(gain: str) -> None:
    sheet = SatelliteOptions(quantum_efficiency=0.5).sensor_at(gain)
    assert (sheet.quantum_efficiency, sheet.dark_current_e_per_s) == (1.0, 0.0)
