"""Zernike modes in Noll's order, each with rms 1 over the unit disc.

rho, theta : polar coordinates in the pupil; rho = 1 is its edge
n, m       : radial degree and azimuthal frequency; m > 0 goes with cos(m theta), m < 0 with sin
j          : Noll's index, from 1 (piston); even j has the cosine

Z4 is defocus, Z5 and Z6 astigmatism, Z7 and Z8 coma, Z9 and Z10 trefoil, Z11 primary spherical
aberration. Source: R. J. Noll, "Zernike polynomials and atmospheric turbulence", J. Opt. Soc. Am.
66, 207 (1976), equations 1 to 3. Because the modes are orthonormal, the rms of a sum is the root of
the sum of the squared coefficients.
"""

from __future__ import annotations

from math import factorial, sqrt

import numpy as np
from numpy.typing import NDArray


def noll_to_nm(j: int) -> tuple[int, int]:
    """Radial degree n and signed azimuthal frequency m of Noll's mode j.

    Parameters
    ----------
    j
        Noll index, at least 1.

    Raises
    ------
    ValueError
        For j < 1.
    """
    if j < 1:
        raise ValueError(f"Noll's index starts at 1, not {j}")
    n = 0
    while (n + 1) * (n + 2) // 2 < j:
        n += 1
    place = j - n * (n + 1) // 2 - 1  # 0 .. n within the degree, |m| in rising order
    m = 2 * ((place + 1) // 2) if n % 2 == 0 else 2 * (place // 2) + 1
    return (n, m) if j % 2 == 0 else (n, -m)


def zernike(j: int, rho: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate Noll's mode j.

    Parameters
    ----------
    j
        Noll index, at least 1.
    rho, theta
        Polar coordinates, radius 1 at the edge of the pupil and radians; any equal shapes.

    Returns
    -------
    ndarray
        Same shape, mean square 1 over the unit disc. The polynomial is not cut off outside it.
    """
    n, m = noll_to_nm(j)
    k = abs(m)
    radial = np.zeros_like(rho)
    for s in range((n - k) // 2 + 1):
        coefficient = (-1) ** s * factorial(n - s)
        coefficient //= factorial(s) * factorial((n + k) // 2 - s) * factorial((n - k) // 2 - s)
        radial += coefficient * rho ** (n - 2 * s)
    if m == 0:
        return sqrt(n + 1) * radial
    angular = np.cos(k * theta) if m > 0 else np.sin(k * theta)
    return sqrt(2 * (n + 1)) * radial * angular
