"""Sources and sensors against wavelength, the same formula for numpy and for torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.constants import c, h, k

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    import torch

Values = TypeVar("Values", NDArray[np.float64], "torch.Tensor")


def planck(l_m: Values, temperature_k: float, expm1: Callable[[Values], Values]) -> Values:
    """Spectral radiance of a black body, Planck's law, W m^-2 sr^-1 m^-1.

    Parameters
    ----------
    l_m
        (n,) wavelengths, m.
    temperature_k
        Of the body.
    expm1
        That of numpy or of torch.
    """
    exponent = h * c / (l_m * k * temperature_k)
    return 2 * h * c**2 / l_m**5 / expm1(exponent)


def silicon(l_nm: Values, peak: float, exp: Callable[[Values], Values]) -> Values:
    """Electrons per photon, back-illuminated silicon.

    A smooth hump with its top, `peak`, at 600 nm, and a third of it at 900 nm; `exp` is that of
    numpy or of torch.
    """
    return peak * exp(-(((l_nm - 600) / 290) ** 2))
