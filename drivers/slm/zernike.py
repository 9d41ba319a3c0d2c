"""Zernike modes in Noll's order as polynomials of x and y, each with rms 1 over the unit disc.

x, y : coordinates in the pupil, 1 at its edge; x to the right, y up
n, m : radial degree and azimuthal frequency; m > 0 goes with cos(m theta), m < 0 with sin
j    : Noll's index, from 1 (piston); even j has the cosine
c    : (n+1, n+1) coefficients, Z_j = sum of c[p, q] x^p y^q

Source: R. J. Noll, J. Opt. Soc. Am. 66, 207 (1976), equations 1 to 3.
"""

from __future__ import annotations

from math import comb, factorial, sqrt

import numpy as np

from drivers.types import Floats


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


def zernike_polynomial(j: int) -> Floats:
    """Give the coefficients c of Noll's mode j, (n + 1, n + 1).

    Raises
    ------
    ValueError
        For j < 1.
    """
    n, m = noll_to_nm(j)
    k = abs(m)
    found = np.zeros((n + 1, n + 1))
    for s in range((n - k) // 2 + 1):
        radial = (-1) ** s * factorial(n - s)
        radial //= factorial(s) * factorial((n + k) // 2 - s) * factorial((n - k) // 2 - s)
        rings = (n - k) // 2 - s  # rho^(n - 2 s) = rho^k (x^2 + y^2)^rings
        # rho^k cos(k theta) and rho^k sin(k theta): real and imaginary part of (x + i y)^k
        for q in range(0 if m >= 0 else 1, k + 1, 2):
            angular = (-1) ** (q // 2) * comb(k, q)
            for r in range(rings + 1):
                found[k - q + 2 * (rings - r), q + 2 * r] += radial * angular * comb(rings, r)
    return found * sqrt(n + 1 if m == 0 else 2 * (n + 1))
