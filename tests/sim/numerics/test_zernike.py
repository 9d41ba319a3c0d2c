"""Noll's order and norm."""

import numpy as np
import pytest

from sim.numerics.zernike import noll_to_nm, zernike

# Noll 1976, table I; sine modes carry a negative m here.
NOLL = {
    1: (0, 0), 2: (1, 1), 3: (1, -1), 4: (2, 0), 5: (2, -2), 6: (2, 2), 7: (3, -1), 8: (3, 1),
    9: (3, -3), 10: (3, 3), 11: (4, 0), 12: (4, 2), 13: (4, -2), 14: (4, 4), 15: (4, -4),
    16: (5, 1), 22: (6, 0),
}  # fmt: skip


@pytest.mark.parametrize(("j", "nm"), NOLL.items())
def test_index_is_nolls(j: int, nm: tuple[int, int]) -> None:
    assert noll_to_nm(j) == nm


def test_index_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="starts at 1"):
        noll_to_nm(0)


def test_modes_are_orthonormal_over_the_disc() -> None:
    node, weight = np.polynomial.legendre.leggauss(12)
    rho, theta = np.meshgrid(np.sqrt((node + 1) / 2), np.arange(32) * 2 * np.pi / 32)
    modes = np.array([zernike(j, rho, theta).ravel() for j in range(1, 23)])
    gram = modes * np.tile(weight / 64, 32) @ modes.T
    np.testing.assert_allclose(gram, np.eye(22), atol=1e-12)


CLOSED_FORMS = {
    4: lambda r, t: np.sqrt(3) * (2 * r**2 - 1),
    5: lambda r, t: np.sqrt(6) * r**2 * np.sin(2 * t),
    8: lambda r, t: np.sqrt(8) * (3 * r**3 - 2 * r) * np.cos(t),
    9: lambda r, t: np.sqrt(8) * r**3 * np.sin(3 * t),
    11: lambda r, t: np.sqrt(5) * (6 * r**4 - 6 * r**2 + 1),
}


@pytest.mark.parametrize("j", CLOSED_FORMS)
def test_mode_equals_its_closed_form(j: int) -> None:
    rho, theta = np.meshgrid(np.linspace(0, 1, 9), np.linspace(-3, 3, 11))
    np.testing.assert_allclose(zernike(j, rho, theta), CLOSED_FORMS[j](rho, theta), atol=1e-12)
