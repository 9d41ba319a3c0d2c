from __future__ import annotations

import numpy as np
import pytest

from drivers.slm.zernike import noll_to_nm, zernike_polynomial
from sim.numerics.zernike import zernike


@pytest.mark.parametrize("j", range(1, 46))
def test_polynomials_are_the_modes_in_polar_form(j: int) -> None:
    rho, theta = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 6, 11))
    x, y = rho * np.cos(theta), rho * np.sin(theta)
    found = np.polynomial.polynomial.polyval2d(x, y, zernike_polynomial(j))
    assert found == pytest.approx(zernike(j, rho, theta), abs=1e-9)


def test_there_is_no_mode_0() -> None:
    assert noll_to_nm(11) == (4, 0)
    with pytest.raises(ValueError, match="starts at 1"):
        zernike_polynomial(0)
