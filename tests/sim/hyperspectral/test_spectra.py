"""Lamp, silicon and leaves against wavelength."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.constants import Wien

from sim.hyperspectral.spectra import WAVELENGTHS_NM, electrons_per_joule, leaf, planck


def test_the_lamp_is_a_black_body() -> None:
    """Wien's law; CIE's formula for illuminant A, 100 at 560 nm, c2 = 1.435e7 nm K at 2848 K."""
    assert WAVELENGTHS_NM[planck(4000).argmax()] == pytest.approx(Wien / 4000 * 1e9, abs=1)
    assert planck(2856).sum() == pytest.approx(1.0)
    top = 100 * (560 / WAVELENGTHS_NM) ** 5 * np.expm1(1.435e7 / (2848 * 560))
    standard = top / np.expm1(1.435e7 / (2848 * WAVELENGTHS_NM))
    found = planck(2856) / planck(2856)[WAVELENGTHS_NM == 560] * 100
    np.testing.assert_allclose(found, standard, rtol=2e-3)


def test_a_joule_of_light_is_so_many_electrons() -> None:
    """At 600 nm a photon is 3.3107e-19 J, and silicon is at its best."""
    assert electrons_per_joule(0.7)[WAVELENGTHS_NM == 600] == pytest.approx(0.7 / 3.3107e-19, 1e-4)


def test_the_red_edge_is_steepest_where_it_is_said_to_be() -> None:
    curve = leaf(red=0.04, green=0.0, infrared=0.5, edge_nm=680, edge_width_nm=38)
    slope = np.gradient(curve)
    assert WAVELENGTHS_NM[slope.argmax()] == pytest.approx(680 + 38, abs=1)
    assert curve[WAVELENGTHS_NM <= 680] == pytest.approx(0.04)
