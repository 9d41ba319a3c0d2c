"""The scene is sampled as finely as the emission needs."""

from __future__ import annotations

import pytest

from sim.microscope.fluorescence.options import FluorescenceOptions
from sim.microscope.fluorescence.scenes import SCENES


@pytest.mark.parametrize("magnification", [10.0, 40.0, 63.0, 200.0])
@pytest.mark.parametrize("wavelength_nm", [400.0, 700.0])
def test_samples_reach_the_nyquist_rate_and_are_no_more_than_needed(
    magnification: float, wavelength_nm: float
) -> None:
    options = FluorescenceOptions(
        magnification=magnification,
        wavelength_nm=wavelength_nm,
        scene_um=20.0,
        height_px=16,
        width_px=16,
    )
    nyquist_um = 1 / (2 * options.objective.cutoff_per_um)
    assert options.objective.cutoff_per_um == pytest.approx(2 * 1.2 / (wavelength_nm / 1e3))
    assert options.pitch_um <= nyquist_um
    k = options.samples_per_pixel
    assert k == 1 or options.pixel_um / (k - 1) > nyquist_um


def test_it_knows_its_own_scenes() -> None:
    assert FluorescenceOptions().scenes == tuple(SCENES)
