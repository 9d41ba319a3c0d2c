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

from drivers.slm.zernike import noll_to_nm as noll_to_nm


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
