"""Transfer functions of weak objects under partially coherent light.

o      : 1 - a + i phi, with absorption a and phase phi (radians) small
s      : source point, in the pupil at rho_s; f : spatial frequency of the object
B      : mean of |P(s)|^2 over source points: light from an empty field

    I(f) / B = delta(f) + A(f) a(f) + H(f) phi(f)
    A(f) = -  mean_s [ P*(s) P(s + f) + P(s) P*(s - f) ] / B
    H(f) =  i mean_s [ P*(s) P(s + f) - P(s) P*(s - f) ] / B

Source: N. Streibl, "Three-dimensional imaging by a microscope", J. Opt. Soc. Am. A 2, 121 (1985);
D. K. Hamilton and C. J. R. Sheppard, J. Microsc. 133, 27 (1984), for half-plane sources.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.numerics.pupil import ObjectiveLens, Wavefront

Complex = NDArray[np.complex128]


def weak_transfer(
    objective: ObjectiveLens,
    modes: Sequence[int],
    modes_nm: Sequence[float],
    z_um: float,
    directions: NDArray[np.float64],
    frequency_per_um: NDArray[np.float64],
) -> tuple[Complex, Complex]:
    """Transfer functions A and H.

    Parameters
    ----------
    objective
        With the wavelength of the light.
    modes, modes_nm, z_um
        Noll indices and coefficients of the wavefront, and focus.
    directions
        (N, 2) y and x of the source points, numerical aperture.
    frequency_per_um
        (k, 2) y and x.

    Returns
    -------
    tuple
        A and H, (k,) each; 0 where no light comes from an empty field.
    """
    source = directions / objective.numerical_aperture
    at = frequency_per_um * (objective.wavelength_nm / 1e3 / objective.numerical_aperture)

    def pupil(place: NDArray[np.float64]) -> Complex:
        y, x = place[..., 0], place[..., 1]
        rho = np.hypot(y, x)
        inside = np.flatnonzero(rho < 1)
        values = np.zeros(rho.size, np.complex128)
        wavefront = Wavefront(
            objective, modes, rho.ravel()[inside], np.arctan2(y, x).ravel()[inside]
        )
        phase = 2 * np.pi / objective.wavelength_nm * wavefront(modes_nm, z_um)
        values[inside] = np.exp(1j * phase)
        return values.reshape(rho.shape)

    direct = pupil(source)
    lit = np.flatnonzero(direct)
    if not lit.size:
        return np.zeros(len(at), np.complex128), np.zeros(len(at), np.complex128)
    source, direct = source[lit], direct[lit]
    up = (direct.conj() * pupil(at[:, None] + source)).mean(axis=1)
    down = (direct * pupil(source - at[:, None]).conj()).mean(axis=1)
    return -(up + down), 1j * (up - down)
