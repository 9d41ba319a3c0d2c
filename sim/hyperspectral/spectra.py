"""Light, surfaces and silicon against wavelength, all at `WAVELENGTHS_NM`.

E(l)  : irradiance of the sample, W m^-2 nm^-1: a black body's, Planck's law; 2856 K is the CIE's
        illuminant A, a tungsten lamp
q(l)  : electrons per photon
R(l)  : reflectance of a Lambertian surface

Reflectances are parametric curves with the features by which such surfaces are told apart:

leaf     chlorophyll: dark in blue and red, a green peak at 550 nm, and the red edge as an inverted
         Gaussian, R = Rs - (Rs - R0) exp(-(l - l0)^2 / (2 s^2)) from l0 on (Miller, Hare and Wu,
         Int. J. Remote Sensing 11, 1755, 1990); under stress its inflection l0 + s moves to the
         blue and the green peak grows (Horler, Dockray and Barber, ibid. 4, 273, 1983)
litter   dead leaves: no chlorophyll, a slow rise from blue to infrared
soil     a concave rise without features
edges    pigments such as vermilion and ochre: R = low + (high - low) / (1 + exp(-(l - l0) / s))
peaks    pigments such as ultramarine and malachite: a Gaussian on a low floor, rising in infrared
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import constants

Curve = NDArray[np.float64]

WAVELENGTHS_NM: Curve = np.arange(380.0, 1001.0)
"""What optics and sensor let pass, nm apart, so that a sum over them is an integral."""

_L = WAVELENGTHS_NM


def planck(temperature_k: float) -> Curve:
    """E(l) of a black body, for an irradiance of 1 W/m^2 in all."""
    l_m = _L * 1e-9
    exponent = constants.h * constants.c / (l_m * constants.k * temperature_k)
    shape = l_m**-5 / np.expm1(exponent)
    return np.asarray(shape / shape.sum())


def quantum_efficiency(peak: float) -> Curve:
    """q(l) of silicon: a smooth hump with its top at 600 nm and a third of it at 900 nm."""
    return np.asarray(peak * np.exp(-(((_L - 600) / 290) ** 2)))


def electrons_per_joule(peak: float) -> Curve:
    """Electrons from 1 J of light at each wavelength, q l / (h c)."""
    return quantum_efficiency(peak) * _L * 1e-9 / (constants.h * constants.c)


def leaf(red: float, green: float, infrared: float, edge_nm: float, edge_width_nm: float) -> Curve:
    """Reflectance of a green leaf: R0, height of the green peak, Rs, l0, s of the module."""
    peak = green * np.exp(-(((_L - 550) / 35) ** 2))
    past = np.maximum(_L - edge_nm, 0.0) / edge_width_nm
    return np.asarray(peak + infrared - (infrared - red) * np.exp(-(past**2) / 2))


def soil() -> Curve:
    """Reflectance of dry soil."""
    return np.asarray(0.06 + 0.30 * (1 - np.exp(-(_L - 380) / 350)))


def edge(low: float, high: float, middle_nm: float, width_nm: float) -> Curve:
    """Reflectance that steps up once."""
    return np.asarray(low + (high - low) / (1 + np.exp(-(_L - middle_nm) / width_nm)))


def peak(low: float, high: float, middle_nm: float, width_nm: float, infrared: float) -> Curve:
    """Reflectance with one band of colour, and a rise in the infrared."""
    colour = (high - low) * np.exp(-(((_L - middle_nm) / width_nm) ** 2))
    return np.asarray(colour + edge(low, infrared, 760, 25))
