"""What the rig file may say of spectrometer and sample."""

from __future__ import annotations

import pydantic
import pytest

from sim.hyperspectral.options import HyperspectralOptions


def test_the_line_of_pixels_counts_electrons() -> None:
    """Silicon's efficiency depends on the wavelength, and is counted where the light is."""
    options = HyperspectralOptions(quantum_efficiency=0.4, read_noise_e=3.0)
    assert options.line_sensor.quantum_efficiency == 1.0
    assert options.line_sensor.read_noise_e == 3.0
    assert options.sensor.quantum_efficiency == 0.4


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"scene": "own.npz", "spectra": "own.csv"}, "a cube has its own"),
        ({"lamp": "lamp.txt"}, "path of a .csv file"),
        ({"spectra": "library.npy"}, "path of a .csv file"),
        ({"scene": "own.npy"}, "path of a .npz file"),
    ],
)
def test_files_of_the_wrong_kind_are_refused(table: dict[str, str], says: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=says):
        HyperspectralOptions.model_validate(table)
