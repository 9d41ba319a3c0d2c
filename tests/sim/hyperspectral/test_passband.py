"""Filters against closed forms."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
import torch
from scipy.special import erf

from sim.hyperspectral.passband import half_width_nm, passband
from sim.hyperspectral.spectra import WAVELENGTHS_NM

L_NM = torch.from_numpy(WAVELENGTHS_NM)


def f64(*values: float) -> torch.Tensor:
    return torch.tensor(values if len(values) > 1 else values[0], dtype=torch.float64)


CENTRES, WIDTHS = f64(500.0, 700.0, 850.0), f64(8.0, 25.0, 60.0)


@pytest.mark.parametrize("shape", ["gaussian", "lyot"])
def test_a_band_is_as_wide_as_it_is_set(shape: str) -> None:
    bands = passband(shape, L_NM, CENTRES, WIDTHS, f64(0.0))
    torch.testing.assert_close(half_width_nm(L_NM, bands), WIDTHS, rtol=0.02, atol=0.05)
    peak = {"gaussian": 1.0, "lyot": 0.5}[shape]  # polarisers pass half
    assert bands.amax(dim=1).tolist() == pytest.approx([peak] * 3)


@pytest.mark.parametrize("slit_nm", [1.0, 10.0, 30.0])
def test_the_slit_widens_a_band_as_a_box_does(slit_nm: float) -> None:
    """Gaussian through a box: a difference of error functions."""
    w = 8.0
    got = passband("gaussian", L_NM, f64(600.0)[None], f64(w)[None], f64(slit_nm))[0].numpy()
    s = w / sqrt(8 * log(2))
    x = WAVELENGTHS_NM - 600
    ends = [erf((x + side * slit_nm / 2) / (s * sqrt(2))) for side in (1, -1)]
    expected = s * sqrt(2 * np.pi) / slit_nm * (ends[0] - ends[1]) / 2
    np.testing.assert_allclose(got, expected, atol=1e-9)


def test_a_lyot_filter_has_side_lobes_of_its_retarders() -> None:
    """[sin 64 phi / (64 sin phi)]^2: the first side lobe is 4.7 %, and the zeros are zeros."""
    found = passband("lyot", L_NM, f64(600.0)[None], f64(20.0)[None], f64(0.0))[0].numpy() * 2
    phi = 2 * 1.391557 / 64 * 600 * (WAVELENGTHS_NM - 600) / (WAVELENGTHS_NM * 20)
    sines = np.where(phi == 0, 1, np.sin(64 * phi) / (64 * np.sin(np.where(phi == 0, 1, phi))))
    np.testing.assert_allclose(found, sines**2, atol=1e-12)
    beyond = found[(WAVELENGTHS_NM > 625) & (WAVELENGTHS_NM < 650)]
    assert beyond.max() == pytest.approx(0.0472, abs=0.001)
