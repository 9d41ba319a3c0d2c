"""Light against radiometry, fields against their shifts; gradients against finite differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import constants, ndimage

from sim.hyperspectral.imager import BandSettings, HyperspectralImager, Spectrometer
from sim.hyperspectral.optics import lens
from sim.hyperspectral.spectra import WAVELENGTHS_NM, planck, quantum_efficiency

INSTRUMENT = Spectrometer(
    side_px=16,
    pixel_um=8.0,
    f_number=4.0,
    transmission=0.4,
    sample_pixel_um=50.0,
    dispersion_nm_per_um=0.25,
    filter_shape="gaussian",
    illuminant=planck(2856.0),
    lit_cm2=2.0,
    peak_efficiency=0.7,
)
SETTINGS = {
    "filter.centre1_nm": 520.0,
    "filter.centre2_nm": 700.0,
    "filter.width1_nm": 30.0,
    "filter.width2_nm": 12.0,
    "camera.share1": 0.9,
    "camera.share2": 0.3,
    "camera.exposure_ms": 40.0,
    "spectrometer.slit_um": 22.0,
    "lamp.power_mw": 15.0,
}
FLAT = torch.ones((1, 64, 64), dtype=torch.float64)
WHITE = torch.ones((1, WAVELENGTHS_NM.size), dtype=torch.float64)
CENTRE = torch.zeros((1, 2), dtype=torch.float64)


def bands(**changes: float) -> BandSettings:
    return BandSettings.of(SETTINGS | {k.replace("__", "."): v for k, v in changes.items()}, 2)


def test_light_is_what_radiometry_says() -> None:
    """A narrow band: power / area / pi, slit x pixel, pi / (4 N^2), photons, by hand."""
    narrow = bands(filter__width2_nm=4.0, spectrometer__slit_um=4.0)
    electrons = HyperspectralImager(INSTRUMENT).electrons(FLAT, WHITE, narrow, CENTRE)[0, 1]
    at = WAVELENGTHS_NM == 700
    irradiance = 15e-3 / 2e-4 * float(planck(2856)[at][0])  # W / m^2 / nm
    watts = irradiance / np.pi * 4e-6 * 8e-6 * np.pi / 4 / 4**2 * 0.4
    watts *= 4.0 * np.sqrt(np.pi / (4 * np.log(2)))  # area of a Gaussian of 4 nm
    photons_s = watts * 700e-9 / (constants.h * constants.c)
    seconds = 0.040 / 16 * 0.3 / 1.2
    expected = photons_s * seconds * float(quantum_efficiency(0.7)[at][0])
    torch.testing.assert_close(electrons, torch.full_like(electrons, expected), rtol=1e-3, atol=0)


def test_the_total_of_the_exposure_is_fixed() -> None:
    assert float(bands().band_s(16).sum()) == pytest.approx(0.040 / 16)
    assert float(bands(camera__share1=0.05).band_s(16).sum()) == pytest.approx(0.040 / 16)
    first, second = bands().band_s(16).tolist()
    assert first / second == pytest.approx(3.0)


def test_in_the_dark_there_is_dark_current_alone() -> None:
    imager = HyperspectralImager(INSTRUMENT, dark_e_per_s=np.linspace(0, 30, 16)[:, None])
    electrons = imager.electrons(FLAT, WHITE, bands(lamp__power_mw=0.0), CENTRE)
    expected = np.linspace(0, 30, 16)[:, None] * bands().band_s(16).numpy()[:, None, None]
    np.testing.assert_allclose(electrons[0].numpy(), np.broadcast_to(expected, (2, 16, 16)))


def test_a_grating_is_dimmed_as_lens_pixel_and_slit_say() -> None:
    """Stripes along the scan see the slit, stripes along the slit see the pixel."""
    imager, settings = HyperspectralImager(INSTRUMENT), bands()
    period = 16  # samples of 4 um
    wave = 0.5 + 0.5 * torch.cos(2 * torch.pi * torch.arange(64, dtype=torch.float64) / period)
    f = 1 / (period * INSTRUMENT.step_um)
    flat = imager.electrons(FLAT, WHITE, settings, CENTRE)[0, :, 0, 0]
    for scene, box_um in (
        (wave.expand(64, 64), 22.0),
        (wave[:, None].expand(64, 64), INSTRUMENT.pixel_um),
    ):
        image = imager.electrons(scene[None].contiguous(), WHITE, settings, CENTRE)[0]
        contrast = (image.amax(dim=(1, 2)) - image.amin(dim=(1, 2))) / flat
        v = torch.tensor([0.52, 0.70], dtype=torch.float64) * 4.0 * f
        expected = lens(v) * np.sinc(f * box_um)
        torch.testing.assert_close(contrast, expected, rtol=1e-6, atol=0)


def test_materials_mix_linearly_and_the_field_moves_with_the_stage() -> None:
    rng = np.random.default_rng(1)
    maps = torch.from_numpy(rng.random((11, 512, 512)))  # more than are cut out at once
    spectra = torch.from_numpy(rng.random((11, WAVELENGTHS_NM.size)))
    imager = HyperspectralImager(INSTRUMENT)
    places = torch.tensor([[0.0, 0.0], [100.0, -150.0]], dtype=torch.float64)  # 2 and -3 pixels
    together = imager.electrons(maps, spectra, bands(), places)
    apart = sum(
        imager.electrons(maps[k : k + 1], spectra[k : k + 1], bands(), places) for k in range(11)
    )
    torch.testing.assert_close(together, apart)
    assert together.shape == (2, 2, 16, 16)
    torch.testing.assert_close(together[1, :, :-2, 3:], together[0, :, 2:, :-3], rtol=1e-3, atol=0)


def test_between_samples_the_field_moves_smoothly() -> None:
    wave = torch.cos(2 * torch.pi * torch.arange(64, dtype=torch.float64) / 16)
    scene = (1 + 0.5 * wave).expand(64, 64)[None].contiguous()
    side = replace(INSTRUMENT, side_px=9)
    assert side.grid == 64  # a whole number of periods, so that nothing rings
    third = torch.tensor([[0.0, 25.0 / 3]], dtype=torch.float64)
    moved = HyperspectralImager(side).electrons(scene, WHITE, bands(), third)[0, 0]
    still = HyperspectralImager(side).electrons(scene, WHITE, bands(), CENTRE)[0, 0]
    x = 2 * torch.arange(9, dtype=torch.float64) - 8
    for image, shift in ((still, 0.0), (moved, 1 / 3)):
        phase = torch.cos(2 * torch.pi * (x + shift) / 16)
        line = torch.stack([torch.ones_like(phase), phase])
        left = image - image @ torch.linalg.pinv(line) @ line
        assert float(left.abs().max() / image.max()) < 1e-9


@pytest.mark.parametrize("name", [*SETTINGS, "stage"])
@pytest.mark.parametrize("shape", ["gaussian", "lyot"])
def test_gradients_are_those_of_finite_differences(name: str, shape: str) -> None:
    rng = np.random.default_rng(2)
    maps = torch.from_numpy(
        ndimage.gaussian_filter(rng.random((2, 64, 64)), (0, 2, 2), mode="wrap")
    )
    spectra = torch.from_numpy(np.cumsum(rng.random((2, WAVELENGTHS_NM.size)), axis=1) / 621)
    weights = torch.from_numpy(rng.standard_normal((2, 16, 16)))
    imager = HyperspectralImager(replace(INSTRUMENT, filter_shape=shape), dark_e_per_s=500.0)
    values = {key: torch.tensor(value, dtype=torch.float64) for key, value in SETTINGS.items()}
    values["stage"] = torch.tensor([[120.3, -77.7]], dtype=torch.float64)

    def total(value: torch.Tensor) -> torch.Tensor:
        now = values | {name: value}
        electrons = imager.electrons(maps, spectra, BandSettings.of(now, 2), now["stage"])
        return (electrons[0] * weights).sum()

    at = values[name].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(total(at), at)
    step = 1e-6 * values[name].abs().max()
    difference = (total(values[name] + step) - total(values[name] - step)) / (2 * step)
    assert float(gradient.sum()) == pytest.approx(float(difference), rel=1e-3)
