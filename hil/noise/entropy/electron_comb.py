"""How single electrons show in the codes of a camera that resolves them.

K    : electrons, all equally likely          g, o, s : gain, offset, read noise as in `CameraNoise`
c(y) : g^-1 sum_K P(y | K), of mean 1

P(y | K) = Phi((y + 1/2 - o - K / g) g / s) - Phi((y - 1/2 - o - K / g) g / s). For read noise above
half an electron c is 1 but for 2 parts in 100, since the sum over K is Poisson's: its first term is
2 exp(-2 pi^2 s^2) (Starkey and Fossum, IEEE Journal of the Electron Devices Society 2016, on the
photon-counting histogram). Below, every histogram of codes is a smooth distribution times c, at
any light.
"""

from __future__ import annotations

import math

import numpy as np

from drivers.types import Floats

SHOWS_BELOW_E = 0.75  # c differs from 1 by 3e-5 there
_SIGMAS = 6.0


def electron_comb(
    adu: Floats, gain_e_per_adu: float, offset_adu: float, read_noise_e: float
) -> Floats | None:
    """Give c, (n,), at integer ADU (n,); None where electrons do not show.

    Parameters
    ----------
    gain_e_per_adu, offset_adu, read_noise_e
        Of the camera; with a gain above 1, an ADU holds a changing number of electrons.
    """
    from scipy.special import ndtr

    if read_noise_e > SHOWS_BELOW_E:
        return None
    g, s = gain_e_per_adu, max(read_noise_e, 1e-3)
    reach = math.ceil(_SIGMAS * s + g / 2)
    at = (np.asarray(adu, dtype=np.float64) - offset_adu) * g
    nearest = np.rint(at)
    total = np.zeros_like(at)
    for k in range(-reach, reach + 1):
        away = at - nearest - k
        total += ndtr((away + g / 2) / s) - ndtr((away - g / 2) / s)
    result: Floats = total / g
    return result
