"""Image formation against closed forms."""

from math import exp, pi, sqrt
from typing import NamedTuple

import numpy as np
import pytest
import torch
from scipy.special import j1

from sim.microscope.fluorescence.optics import CACHED_TRANSFERS, ImageFormation
from sim.numerics.pupil import ObjectiveLens

MODES = tuple(range(4, 12))
FLAT = (0.0,) * 8
NA, WAVELENGTH_UM = 0.6, 0.6
LOW_NA = ObjectiveLens(
    numerical_aperture=NA, wavelength_nm=1e3 * WAVELENGTH_UM, refractive_index=1.0
)
PITCH_UM = 0.1
GRID = (384, 384)


@pytest.fixture(scope="module")
def formation() -> ImageFormation:
    return ImageFormation(LOW_NA, PITCH_UM, MODES)


def _only(j: int, rms_nm: float) -> tuple[float, ...]:
    return tuple(rms_nm if mode == j else 0.0 for mode in MODES)


def test_point_makes_an_airy_pattern(formation: ImageFormation) -> None:
    psf = formation.psf(GRID, FLAT).numpy()
    fy, fx = np.meshgrid(*(np.fft.fftfreq(n, 1 / n) * PITCH_UM for n in GRID), indexing="ij")
    v = 2 * pi * NA / WAVELENGTH_UM * np.hypot(fy, fx)
    v[0, 0] = 1e-9
    airy = (2 * j1(v) / v) ** 2
    near = v < 15  # four dark rings; further out the light wrapped around the grid shows
    np.testing.assert_allclose((psf / psf[0, 0])[near], airy[near], atol=1e-3)
    # In absolute units the peak is pi (NA / lambda)^2 per unit area.
    assert psf[0, 0] == pytest.approx(pi * (NA / WAVELENGTH_UM) ** 2 * PITCH_UM**2, rel=0.002)


def test_transfer_is_the_autocorrelation_of_a_disc_and_ends_at_the_cutoff(
    formation: ImageFormation,
) -> None:
    otf = np.fft.fft2(formation.psf(GRID, FLAT).numpy()).real[0, : GRID[1] // 2]
    frequency = np.arange(GRID[1] // 2) / (GRID[1] * PITCH_UM)
    cutoff = 2 * NA / WAVELENGTH_UM
    assert LOW_NA.cutoff_per_um == pytest.approx(cutoff)
    nu = np.minimum(frequency / cutoff, 1)
    expected = 2 / pi * (np.arccos(nu) - nu * np.sqrt(1 - nu**2))
    np.testing.assert_allclose(otf, expected, atol=2e-3)
    beyond = frequency > cutoff + 1 / (GRID[1] * PITCH_UM)
    assert np.abs(otf[beyond]).max() < 1e-12


@pytest.mark.parametrize("rms_nm", [20.0, 60.0, 120.0, 200.0])
def test_axial_intensity_under_z4_is_a_squared_sinc(
    formation: ImageFormation, rms_nm: float
) -> None:
    """Born and Wolf 8.8.2: sinc^2(u / 4), where u / 4 = 2 pi sqrt(3) a / lambda for Z4 of rms a."""
    peak = formation.psf(GRID, FLAT)[0, 0].item()
    seen = formation.psf(GRID, _only(4, rms_nm))[0, 0].item() / peak
    assert seen == pytest.approx(np.sinc(2 * sqrt(3) * rms_nm / 600) ** 2, abs=2e-3)


def test_axial_intensity_under_focus_follows_the_high_na_pupil(formation: ImageFormation) -> None:
    """Mean of exp(i k z sqrt(1 - NA^2 u)) over u in 0..1, squared; its integral is elementary."""
    z_um = 1.7
    k = 2 * pi / WAVELENGTH_UM * z_um

    def primitive(c: float) -> complex:  # of -2 c exp(i k c) / NA^2, with c = sqrt(1 - NA^2 u)
        return -2 / NA**2 * np.exp(1j * k * c) * (c / (1j * k) + 1 / k**2)

    expected = abs(primitive(sqrt(1 - NA**2)) - primitive(1.0)) ** 2
    peak = formation.psf(GRID, FLAT)[0, 0].item()
    assert formation.psf(GRID, FLAT, z_um)[0, 0].item() / peak == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("j", MODES)
def test_small_aberrations_obey_marechal(formation: ImageFormation, j: int) -> None:
    rms_nm = 25.0
    peak = formation.psf(GRID, FLAT)[0, 0].item()
    # Even modes keep the peak on the axis to this order; the odd ones move it by less than a pixel.
    strehl = formation.psf(GRID, _only(j, rms_nm))[0, 0].item() / peak
    assert strehl == pytest.approx(exp(-((2 * pi * rms_nm / 600) ** 2)), abs=3e-3)


class Setup(NamedTuple):
    what: str
    modes_nm: tuple[float, ...]
    z_um: float
    shift: tuple[float, float]


SETUPS = [
    Setup("in focus", FLAT, 0.0, (0.0, 0.0)),
    Setup("aberrated", (50.0, -30.0, 20.0, 60.0, 0.0, -40.0, 10.0, 30.0), 0.0, (0.0, 0.0)),
    Setup("out of focus", FLAT, 4.0, (0.0, 0.0)),
    Setup("shifted", FLAT, 0.0, (0.3, 0.7)),
]


@pytest.mark.parametrize("case", SETUPS, ids=lambda case: case.what)
def test_flux_is_conserved_and_light_is_never_negative(
    formation: ImageFormation, case: Setup
) -> None:
    rng = np.random.default_rng(2)
    crops = torch.from_numpy(rng.poisson(0.05, (3, 96, 120)).astype(np.float32))
    shifts = torch.tensor([case.shift] * 3, dtype=torch.float64)
    images = formation.image(crops, case.modes_nm, case.z_um, shifts)
    assert images.mean(dim=(1, 2)).tolist() == pytest.approx(
        crops.mean(dim=(1, 2)).tolist(), rel=1e-5
    )
    assert float(images.min()) > -1e-5 * float(images.max())


def test_whole_shifts_move_the_image_by_samples(formation: ImageFormation) -> None:
    crops = torch.from_numpy(np.random.default_rng(3).random((2, 64, 64), np.float32))
    shifts = torch.tensor([[3.0, 5.0], [0.0, -2.0]], dtype=torch.float64)
    moved = formation.image(crops, FLAT, shifts=shifts)
    still = formation.image(crops, FLAT)
    np.testing.assert_allclose(moved[0], np.roll(still[0], (-3, -5), (0, 1)), atol=1e-5)
    np.testing.assert_allclose(moved[1], np.roll(still[1], 2, 1), atol=1e-5)


def test_pixel_averages_over_its_area() -> None:
    """Two by two samples a pixel: its transfer is the sinc of the pixel, not of the sample."""
    coarse = ImageFormation(LOW_NA, 0.48, MODES)
    assert coarse.pitch_um == pytest.approx(0.24)
    shape = (128, 128)
    optical = np.fft.rfft2(coarse.psf(shape, FLAT).numpy())
    frequency = np.fft.rfftfreq(128, 0.24)
    expected = optical[0] * np.sinc(0.48 * frequency)
    np.testing.assert_allclose(coarse.transfer(shape, FLAT)[0].numpy(), expected, atol=1e-5)


def test_transfers_are_remembered_up_to_a_number(formation: ImageFormation) -> None:
    first = formation.transfer((32, 32), _only(5, 1.0))
    assert formation.transfer((32, 32), _only(5, 1.0)) is first
    for k in range(CACHED_TRANSFERS):
        formation.transfer((32, 32), _only(5, 2.0 + k))
    assert formation.transfer((32, 32), _only(5, 1.0)) is not first
